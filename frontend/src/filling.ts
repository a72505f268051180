// Standard texts: a select with `data-fill="id"` puts its chosen value into the field with that id, to be edited there.

/** Listen once on the document. What the person has already written is kept: the text is added below it. */
export function startFilling(): void {
  document.addEventListener("change", (event) => {
    const select = event.target;
    if (!(select instanceof HTMLSelectElement) || !select.dataset["fill"] || !select.value) return;
    const field = document.getElementById(select.dataset["fill"]);
    if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) return;
    const written = field.value.trim();
    field.value = written ? `${written}\n${select.value}` : select.value;
    select.value = "";
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
