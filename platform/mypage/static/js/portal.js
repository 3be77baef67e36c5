// Comfort only: every page works without this file. No request is made here.
(() => {
  "use strict";

  // "Show" beside a password, drawn only where a script can serve it.
  const reveal = (box) => {
    const input = box.querySelector("input");
    if (!input || box.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--small reveal__button";
    const set = (shown) => {
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
      button.textContent = shown ? box.dataset.hide : box.dataset.show;
      button.setAttribute("aria-label", `${button.textContent}: ${box.dataset.what}`);
    };
    button.addEventListener("click", () => set(input.type === "password"));
    input.form?.addEventListener("submit", () => set(false));
    set(false);
    box.append(button);
  };

  // A clear button empties the fields and takes the messages away; a plain reset would bring the refused value back.
  const clear = (form) => {
    for (const input of form.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio])")) {
      input.value = "";
      input.removeAttribute("aria-invalid");
    }
    for (const message of document.querySelectorAll(".error-summary, .error")) message.remove();
    for (const field of form.querySelectorAll(".field--error")) field.classList.remove("field--error");
    form.querySelector("input:not([type=hidden])")?.focus();
  };

  const dress = (root) => root.querySelectorAll(".reveal").forEach(reveal);

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-clear]");
    if (!button?.form) return;
    event.preventDefault();
    clear(button.form);
  });

  // What a link leads to is shown over the page where it is there already; opened otherwise, the link is a link.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-dialog]");
    const dialog = link && document.getElementById(link.dataset.dialog);
    if (!dialog?.showModal || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    dialog.showModal();
  });

  // A second press while the first is under way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.dataset.busy) { event.preventDefault(); return; }
    form.dataset.busy = "1";
    const button = event.submitter;
    button?.setAttribute("aria-disabled", "true");
    // A download leaves the page where it is, so the form is freed after a while in any case.
    setTimeout(() => free(form), 8000);
  });
  const free = (form) => {
    delete form.dataset.busy;
    form.querySelectorAll("button[aria-disabled]").forEach((b) => b.removeAttribute("aria-disabled"));
  };
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(free));

  dress(document);
  document.querySelector(".error-summary")?.focus();
  document.addEventListener("htmx:after:swap", () => dress(document));
})();
