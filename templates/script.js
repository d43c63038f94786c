// Everything here works without this script; with it, it is quicker.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const read = async (url, init) => {
    const answer = await fetch(url, init);
    return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  };

  // Text that was not sent survives a reload.
  const keep = (root) => all("[data-keep]", root).forEach((area) => {
    const key = "text:" + area.dataset.keep;
    area.value ||= sessionStorage.getItem(key) ?? "";
    area.addEventListener("input", () => area.value ? sessionStorage.setItem(key, area.value) : sessionStorage.removeItem(key));
    area.form.addEventListener("submit", () => sessionStorage.removeItem(key));
  });

  // Text fields grow, where the style sheet cannot make them.
  const grow = (area) => {
    if (CSS.supports("field-sizing", "content")) return;
    area.style.blockSize = "auto";
    area.style.blockSize = area.scrollHeight + 2 + "px";
  };
  document.addEventListener("input", (event) => { if (event.target.matches("textarea")) grow(event.target); });

  // Ctrl+Enter sends.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) event.target.form.requestSubmit();
  });

  // The audience is named where it is folded.
  const audience = $(".audience");
  const name = () => {
    const chosen = $("input[type=radio]:checked", audience);
    const some = all(".some input:checked", audience).map((box) => box.nextElementSibling.textContent);
    $("summary span", audience).textContent = chosen.value === "some" && some.length ? some.join(", ") : $("b", chosen.parentElement).textContent;
  };
  if (audience) { audience.addEventListener("change", name); name(); }

  // Likes and reshares without a new page: the post in the answer replaces the one on the screen.
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (!form.matches("form.deeds") || !button?.hasAttribute("formaction")) return;
    event.preventDefault();
    button.disabled = true;
    try {
      const { answer, page } = await read(button.getAttribute("formaction"), { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const old = form.closest("[data-guid]");
      const fresh = $(`[data-guid="${CSS.escape(old.dataset.guid)}"]`, page);
      if (!answer.ok || !fresh) throw answer.status;
      const talk = $(".talk", old);
      old.replaceWith(fresh);
      if (talk && !$(".talk", fresh)) fresh.append(talk);
      $(`[formaction$="${CSS.escape(button.getAttribute("formaction").split("/")[2])}/like"],[formaction$="/unlike"]`, fresh)?.focus();
    } catch {
      form.action = button.getAttribute("formaction");
      form.submit();
    }
  });

  // The stream goes on when its end comes near.
  const more = $("a[rel=next]");
  const stream = $(".stream");
  if (more && stream && "IntersectionObserver" in window) {
    const watch = new IntersectionObserver(async ([entry]) => {
      if (!entry.isIntersecting) return;
      watch.disconnect();
      try {
        const { answer, page } = await read(more.href);
        if (!answer.ok) return;
        all(".stream > .post", page).forEach((post) => { if (!document.getElementById(post.id)) stream.append(post); });
        const next = $("a[rel=next]", page);
        if (!next) return more.parentElement.remove();
        more.href = next.getAttribute("href");
        watch.observe(more);
      } catch { /* The link is still there. */ }
    }, { rootMargin: "600px" });
    watch.observe(more);
  }

  // How much is unread, every five minutes and when one comes back to the page.
  const badge = $(".badge");
  const count = async () => {
    const answer = await fetch("/notifications/unread");
    if (!answer.ok) return;
    const n = Number(await answer.text());
    badge.firstChild.data = n;
    badge.dataset.unread = n;
    badge.hidden = !n;
    document.title = document.title.replace(/^(\(\d+\) )?/, n ? `(${n}) ` : "");
  };
  if (badge) {
    setInterval(() => { if (!document.hidden) count().catch(() => {}); }, 300_000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) count().catch(() => {}); });
  }

  keep(document);
  all("textarea").forEach(grow);
})();
