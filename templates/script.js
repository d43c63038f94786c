// Everything here works without this script; with it, it is quicker.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const read = async (url, init) => {
    const answer = await fetch(url, init);
    return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  };

  // Text that was not sent survives a reload, for whoever wrote it.
  const keep = (root) => all("[data-keep]", root).forEach((area) => {
    const key = `text:${document.body.dataset.me}:${area.dataset.keep}`;
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

  const stream = $(".stream");

  // Likes and reshares without a new page: the post in the answer replaces the one on the screen.
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (form.id !== "deed" || /hide$/.test(button?.getAttribute("formaction") ?? "hide")) return;
    event.preventDefault();
    button.disabled = true;
    try {
      const { answer, page } = await read(button.getAttribute("formaction"), { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const old = button.closest("[data-guid]");
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

  // Long posts in a stream are folded.
  const fold = (post) => all(".text", post).forEach((text) => {
    if (text.closest(".talk, .shield") || text.scrollHeight < 640) return;
    const button = document.createElement("button");
    button.className = "button quiet";
    button.textContent = stream.dataset.more;
    button.addEventListener("click", () => { text.classList.remove("fold"); button.remove(); });
    text.classList.add("fold");
    text.after(button);
  });

  // Who looks behind one shield may want to look behind all of the page, those to come included.
  let unveiled = false;
  const unveil = (post) => { if (unveiled) all(".shield", post).forEach((shield) => { shield.open = true; }); };
  document.addEventListener("toggle", ({ target: shield }) => {
    if (unveiled || !stream?.dataset.shields || !shield.matches(".shield[open]") || $(".unveil", shield)) return;
    const button = document.createElement("button");
    button.className = "button quiet unveil";
    button.textContent = stream.dataset.shields;
    button.addEventListener("click", () => { unveiled = true; unveil(stream); all(".unveil").forEach((other) => other.remove()); });
    $("summary", shield).after(button);
  }, true);

  // The stream goes on when its end comes near.
  const more = $("a[rel=next]");
  if (stream) all(".stream > .post").forEach(fold);
  if (more && stream && "IntersectionObserver" in window) {
    const watch = new IntersectionObserver(async ([entry]) => {
      if (!entry.isIntersecting) return;
      watch.disconnect();
      try {
        const { answer, page } = await read(more.href);
        if (!answer.ok) return;
        all(".stream > .post", page).forEach((post) => { if (!document.getElementById(post.id)) { stream.append(post); fold(post); unveil(post); } });
        const next = $("a[rel=next]", page);
        if (!next) return more.parentElement.remove();
        more.href = next.getAttribute("href");
        watch.observe(more);
      } catch { /* The link is still there. */ }
    }, { rootMargin: "600px" });
    watch.observe(more);
  }

  // How much is unread and new, every five minutes and when one comes back to the page.
  const badge = $("[data-unread]");
  const news = async () => {
    const answer = await fetch("/stream/new?after=" + stream.dataset.newest);
    const words = answer.ok && await answer.text();
    if (!words) return;
    const link = $(".news a") ?? document.createElement("a");
    link.textContent = words;
    if (link.href) return;
    const line = document.createElement("p");
    Object.assign(link, { href: "/stream", className: "button main" });
    line.className = "more news";
    line.role = "status";
    line.append(link);
    stream.before(line);
  };
  const count = async () => {
    const answer = await fetch("/notifications/unread");
    if (!answer.ok) return;
    const n = Number(await answer.text());
    badge.firstChild.data = n;
    badge.dataset.unread = n;
    badge.hidden = !n;
    document.title = document.title.replace(/^(\(\d+\) )?/, n ? `(${n}) ` : "");
  };
  const look = () => {
    if (document.hidden) return;
    count().catch(() => {});
    if (stream?.dataset.newest) news().catch(() => {});
  };
  if (badge) {
    setInterval(look, 300_000);
    document.addEventListener("visibilitychange", look);
  }

  // j and k go through the posts; l likes, r reshares, c comments, m unfolds, o opens the first link.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select, dialog")) return;
    const posts = all("article.post"), at = posts.indexOf(document.activeElement.closest("article.post"));
    const click = (selector) => $(selector, posts[Math.max(at, 0)])?.click();
    const deeds = {
      j: () => posts[at + 1], k: () => posts[at - 1],
      l: () => click("[formaction*='/posts/'][formaction$='like']"), r: () => click("[formaction$='/reshare']"),
      c: () => click("a.deed"), m: () => click(".fold + button, .shield summary"), o: () => click(".text a"),
    };
    const post = deeds[event.key]?.();
    if (!post) return;
    post.tabIndex = -1;
    post.focus();
  });

  // Photos: chosen, dropped or pasted, made smaller here where that is possible, and brought at once.
  const LONGEST = 2048, HEAVY = 1 << 20, PICTURE = /^image\/(jpeg|png|gif|webp)$/;
  const smaller = async (file) => {
    if (file.type === "image/gif") return file;
    try {
      const bitmap = await createImageBitmap(file);
      const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
      if (scale === 1 && file.size < HEAVY && file.type !== "image/webp") return file;
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const type = file.type === "image/jpeg" ? file.type : "image/png";
      return await new Promise((done) => canvas.toBlob(done, type, 0.9)) ?? file;
    } catch { return file; }
  };
  const composer = $(".composer");
  const post = (fields) => {
    const form = new FormData();
    form.set("csrf", composer.elements.csrf.value);
    for (const [name, value] of Object.entries(fields)) form.set(name, value, ...(value instanceof Blob ? ["photo"] : []));
    return read("/photos", { method: "POST", body: form });
  };
  const bring = async (files) => {
    const input = $("#photos"), list = $(".brought", composer), button = $("button.main", composer);
    button.disabled = true;
    composer.setAttribute("aria-busy", "true");
    for (const file of files) {
      try {
        const { page } = await post({ photos: await smaller(file) });
        list.append(...all(".brought > li", page));
        const error = $(".error", page);
        $(".error", composer)?.remove();
        if (error) list.before(error);
      } catch { input.classList.remove("sr"); }
    }
    button.disabled = false;
    composer.removeAttribute("aria-busy");
    input.value = "";
    $("li:last-child textarea", list)?.focus();
  };
  if (composer) {
    const input = $("#photos"), pictures = (data) => [...(data?.files ?? [])].filter((file) => PICTURE.test(file.type));
    input.classList.add("sr");
    input.nextElementSibling.hidden = true;
    input.addEventListener("change", () => bring([...input.files]));
    composer.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) event.preventDefault(); });
    for (const name of ["paste", "drop"]) composer.addEventListener(name, (event) => {
      const found = pictures(event.clipboardData ?? event.dataTransfer);
      if (found.length) { event.preventDefault(); bring(found); }
    });
    composer.addEventListener("click", (event) => {
      const button = event.target.closest("[name=drop]");
      if (!button) return;
      event.preventDefault();
      button.closest("li").remove();
      input.focus();
      post({ drop: button.value }).catch(() => {});
    });
  }

  // Tools for whoever does not know the signs of Markdown.
  const SIGNS = [["B", "**", "**"], ["I", "*", "*"], ["H", "## "], ["↗", "[", "](https://)"], ["▣", "![", "](https://)"], ["•", "- "], ["❝", "> "], ["<>", "`", "`"]];
  all("[data-tools]").forEach((area) => {
    const bar = document.createElement("p"), names = area.dataset.tools.split("|");
    bar.className = "tools";
    bar.role = "toolbar";
    SIGNS.forEach(([sign, before, after], at) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "tool", textContent: sign, title: names[at], ariaLabel: names[at] });
      button.addEventListener("click", () => {
        const { selectionStart: start, selectionEnd: end, value } = area;
        const from = after ? start : value.lastIndexOf("\n", start - 1) + 1;
        const chosen = value.slice(from, end);
        area.setRangeText(after ? before + chosen + after : chosen.replace(/^/gm, before), from, end, "end");
        if (after && !chosen) area.selectionEnd = area.selectionStart = from + before.length;
        area.dispatchEvent(new Event("input", { bubbles: true }));
        area.focus();
      });
      bar.append(button);
    });
    // There from the first word on; coming and going with the focus, they would push away what is being clicked.
    bar.hidden = !area.value;
    area.addEventListener("focus", () => { bar.hidden = false; });
    area.before(bar);
  });

  // Whom one may mean while one types @na…
  let asked = 0;
  const suggest = async (area) => {
    const typed = /(?:^|\s)@([^\s@{};]{2,40})$/.exec(area.value.slice(0, area.selectionStart)), turn = ++asked;
    const found = typed ? await (await fetch("/people/suggest?q=" + encodeURIComponent(typed[1]))).json() : [];
    if (turn !== asked) return;
    $(".suggest")?.remove();
    if (!found.length) return;
    const list = document.createElement("ul"), end = area.selectionStart;
    list.className = "suggest";
    for (const { name, handle } of found) {
      const item = document.createElement("li"), button = document.createElement("button");
      Object.assign(button, { type: "button", className: "button quiet", textContent: `${name} ${handle}` });
      button.addEventListener("click", () => {
        area.setRangeText(`@{${name.replace(/[;{}]/g, " ")}; ${handle}} `, end - typed[1].length - 1, end, "end");
        list.remove();
        area.focus();
      });
      item.append(button);
      list.append(item);
    }
    list.addEventListener("keydown", (event) => {
      const to = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (event.key === "Escape") { list.remove(); area.focus(); }
      if (to) { event.preventDefault(); (event.target.parentElement[to]?.firstChild ?? area).focus(); }
    });
    area.after(list);
  };
  document.addEventListener("input", (event) => { if (event.target.matches("textarea[name=text]")) suggest(event.target).catch(() => {}); });
  document.addEventListener("keydown", (event) => {
    const first = event.key === "ArrowDown" && event.target.matches("textarea") && $(".suggest button");
    if (first) { event.preventDefault(); first.focus(); }
  });

  // The position of the device, when one asks for it.
  const place = $("[data-locate]");
  if (place && navigator.geolocation) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "tool", textContent: "⌖", title: place.dataset.locate, ariaLabel: place.dataset.locate });
    button.addEventListener("click", () => navigator.geolocation.getCurrentPosition(({ coords: { latitude, longitude } }) => {
      place.form.elements.lat.value = latitude.toFixed(4);
      place.form.elements.lng.value = longitude.toFixed(4);
      place.value ||= `${latitude.toFixed(3)}, ${longitude.toFixed(3)}`;
    }));
    place.after(button);
  }

  // Links of the network that stand elsewhere open here.
  const handler = $("[data-handler]");
  if (handler && navigator.registerProtocolHandler) {
    handler.hidden = false;
    handler.addEventListener("click", () => navigator.registerProtocolHandler("web+diaspora", location.origin + "/link?q=%s"));
  }

  // A large picture over the page; arrows lead to the others of the same post.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.pic");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !window.HTMLDialogElement) return;
    event.preventDefault();
    const links = all("a.pic", link.closest(".photos, .wall"));
    const dialog = document.createElement("dialog"), picture = new Image(), words = document.createElement("p");
    let at = links.indexOf(link);
    const show = (by) => {
      at = (at + by + links.length) % links.length;
      picture.src = links[at].href;
      picture.alt = words.textContent = $("img", links[at]).alt;
    };
    dialog.className = "light";
    dialog.append(picture, words);
    dialog.addEventListener("click", (click) => click.target === picture && links.length > 1 ? show(1) : dialog.close());
    dialog.addEventListener("keydown", (key) => { if (/^Arrow(Left|Right)$/.test(key.key)) show(key.key === "ArrowLeft" ? -1 : 1); });
    dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
    document.body.append(dialog);
    show(0);
    dialog.showModal();
  });

  // The square of a profile picture: moved with the finger or the arrows, larger with the slider.
  const face = $("#face");
  face?.addEventListener("change", async () => {
    const bitmap = face.files[0] && await createImageBitmap(face.files[0]).catch(() => null);
    $(".crop")?.remove();
    if (!bitmap) return;
    const box = document.createElement("p"), canvas = document.createElement("canvas"), zoom = document.createElement("input");
    const side = canvas.width = canvas.height = 300, least = side / Math.min(bitmap.width, bitmap.height);
    let x = bitmap.width / 2, y = bitmap.height / 2;
    const move = (right, down) => {
      const scale = least * zoom.value, half = side / scale / 2;
      x = Math.min(Math.max(x - right / scale, half), bitmap.width - half);
      y = Math.min(Math.max(y - down / scale, half), bitmap.height - half);
      canvas.getContext("2d").drawImage(bitmap, x - half, y - half, 2 * half, 2 * half, 0, 0, side, side);
    };
    const keep = () => canvas.toBlob((blob) => {
      const data = new DataTransfer();
      data.items.add(new File([blob], "face.png", { type: "image/png" }));
      face.files = data.files;
    });
    Object.assign(zoom, { type: "range", min: 1, max: 4, step: 0.01, value: 1, ariaLabel: face.dataset.zoom });
    Object.assign(canvas, { tabIndex: 0, role: "img", ariaLabel: $("label[for=face]").textContent });
    zoom.addEventListener("input", () => move(0, 0));
    zoom.addEventListener("change", keep);
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => { if (event.buttons) move(event.movementX, event.movementY); });
    canvas.addEventListener("pointerup", keep);
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] }[event.key];
      if (step) { event.preventDefault(); move(...step); keep(); }
    });
    box.className = "crop";
    box.append(canvas, zoom);
    face.after(box);
    move(0, 0);
    keep();
  });

  keep(document);
  all("textarea").forEach(grow);
})();
