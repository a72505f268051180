// The demonstration's room. Its two frames keep their pages when the part or the clock changes; a visitor without a
// photograph at hand lets the room fill in the story's own.

const frame = (name) => document.querySelector(`iframe[data-shows="${name}"]`);

for (const form of document.querySelectorAll("form[data-keep]")) {
  form.addEventListener("formdata", (event) => {
    for (const name of ["phone", "desk"]) {
      const shown = frame(name)?.contentWindow?.location;
      if (shown?.pathname.startsWith("/")) event.formData.set(name, shown.pathname + shown.search);
    }
  });
}

/** Put words and a photograph into a form as a person would. */
async function fill(form, words, field, which) {
  const view = form.ownerDocument.defaultView;
  const area = form.querySelector(`textarea[name="${field}"]`);
  area.value = words;
  area.dispatchEvent(new view.Event("input", { bubbles: true }));
  const answer = await fetch(`/demo/picture/${which}`);
  const input = form.querySelector('input[type="file"]');
  if (!answer.ok || !input) return;
  const files = new view.DataTransfer();
  files.items.add(new view.File([await answer.blob()], `${which}.webp`, { type: "image/webp" }));
  input.files = files.files;
  input.dispatchEvent(new view.Event("change", { bubbles: true }));
}

const FORMS = {
  report: { shows: "phone", form: "form[data-report]", field: "text", picture: "before" },
  answer: { shows: "desk", form: 'form[action*="/act/answer"]', field: "answer", picture: "after" },
};

for (const button of document.querySelectorAll("[data-fill]")) {
  const wanted = FORMS[button.dataset.fill];
  const shown = frame(wanted.shows);
  const found = () => shown?.contentDocument?.querySelector(wanted.form);
  const show = () => {
    button.hidden = !found();
  };
  shown?.addEventListener("load", show);
  show();
  button.addEventListener("click", () => {
    const form = found();
    if (!form) return;
    const act = form.closest("details");
    if (act) act.open = true;
    fill(form, button.dataset.text, wanted.field, wanted.picture);
  });
}
