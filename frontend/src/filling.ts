// Standard texts: a select with `data-fill="id"` puts its chosen value into the field with that id, to be edited there.

/** Listen once on the document. What the person has already written is kept: the text is added below it. */
export function startFilling(): void {
  document.addEventListener("change", (event) => {
    const select = event.target;
    if (!(select instanceof HTMLSelectElement) || !select.dataset["fill"] || !select.value) return;
    const field = document.getElementById(select.dataset["fill"]);
    if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) return;
    const written = field.value.trim();
    const keys = field.form?.querySelector<HTMLInputElement>("[name=text_keys]");
    const key = select.selectedOptions[0]?.dataset["key"];
    if (keys && key) keys.value = `${keys.value} ${key}`.trim();
    field.value = written ? `${written}\n${select.value}` : select.value;
    select.value = "";
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field instanceof HTMLTextAreaElement && field.id) show(field);
  });
  for (const field of document.querySelectorAll<HTMLTextAreaElement>("textarea[id]")) show(field);
}

/** What the reporter will read stands under the field while it is written; brackets that wait to be filled are marked. */
function show(field: HTMLTextAreaElement): void {
  const shown = document.querySelector<HTMLElement>(`[data-preview-of="${CSS.escape(field.id)}"]`);
  const box = shown?.querySelector<HTMLElement>("[data-preview]");
  if (!shown || !box) return;
  shown.hidden = !field.value.trim();
  const parts = field.value.trim().split(/(\[[^\]\n]{2,60}\])/);
  box.replaceChildren(
    ...parts.map((part, n) => {
      if (n % 2 === 0) return document.createTextNode(part);
      const mark = document.createElement("mark");
      mark.textContent = part;
      return mark;
    }),
  );
}
