// The page: which file is what, and the question; the verifier itself runs in worker.js, in Python.
"use strict";

const $ = (id) => document.getElementById(id);
const RESOURCES = ["worker.js", "verify.py", "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip",
  "pyodide-lock.json", "zkcompliance-verify.pyz"];
// What a file is given to the verifier as. KEYED: may be led in by the name of a log, NAME=FILE.
const ROLES = {
  proof: "the proof", policy: "the policy", "log-key": "key of log", trust: "trust file", lineage: "lineage of log",
  "roll-up": "roll-up file", "claim-file": "card of a claim", attestation: "attestation",
  "attestation-key": "attestation's key", subject: "signature of the model", none: "not used",
};
const KEYED = new Set(["log-key", "lineage"]);
const OUTCOMES = {
  0: "Accepted: everything that was asked is shown.",
  1: "Not accepted: something that was asked is not shown, or a check has failed.",
  2: "Not judged: a file or an option is not in its form.",
  3: "Not accepted: the log was forked or rolled back.",
  4: "Not decided: there is nothing to hold the proof against. Give the policy, and the key of each log.",
};
const files = new Map(); // name → {bytes, role, log}

// --- what was given -------------------------------------------------------------------------------------------------

function begins(bytes, text) {
  return [...text].every((letter, at) => bytes[at] === letter.charCodeAt(0));
}

function role(name, bytes) {
  if (begins(bytes, "zkcb") || begins(bytes, "zkcd")) return "proof";
  if (begins(bytes, "zkcl")) return "lineage";
  if (begins(bytes, "zkcr")) return "roll-up";
  const utf16 = (bytes[0] === 255 && bytes[1] === 254) ? "utf-16le" : (bytes[0] === 254 && bytes[1] === 255) ? "utf-16be" : "";
  const text = new TextDecoder(utf16 || "utf-8").decode(bytes.subarray(0, 1 << 16)).trim();
  if (text.startsWith("-----BEGIN PUBLIC KEY-----")) return "attestation-key";
  if (/^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(text)) return "log-key";
  if (/^(log|witness|quorum)[ \t]/m.test(text) && !name.endsWith(".toml")) return "trust";
  if (text.startsWith("{") && /"card"\s*:/.test(text.slice(0, 200))) return "claim-file";
  if (text.startsWith("{") && /payloadType|dsseEnvelope/.test(text)) return "attestation";
  return name.endsWith(".toml") ? "policy" : "none";
}

async function add(given) {
  for (const file of given) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    files.set(file.name, { bytes, role: role(file.name, bytes), log: "" });
  }
  draw();
}

function made(name, set) {
  return Object.assign(document.createElement(name), set);
}

function draw() {
  $("list").replaceChildren(...[...files].map(([name, file]) => {
    const row = made("li", {});
    const kind = made("select", { ariaLabel: `What ${name} is` });
    for (const [value, says] of Object.entries(ROLES)) kind.append(made("option", { value, textContent: says }));
    kind.value = file.role;
    const log = made("input", { ariaLabel: `Log that ${name} is of`, placeholder: "any", value: file.log });
    log.hidden = !KEYED.has(file.role);
    kind.onchange = () => { file.role = kind.value; log.hidden = !KEYED.has(file.role); };
    log.oninput = () => { file.log = log.value.trim(); };
    const out = made("button", { type: "button", textContent: "Remove", ariaLabel: `Remove ${name}` });
    out.onclick = () => { files.delete(name); draw(); };
    row.append(made("span", { className: "name", textContent: name }), kind, log, out);
    return row;
  }));
}

// --- the question ---------------------------------------------------------------------------------------------------

// Words as a shell tells them apart: by spaces, but for what stands in quotes.
function words(text) {
  return [...text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

function asked() {
  const proofs = [...files].filter(([, file]) => file.role === "proof").map(([name]) => name);
  if (proofs.length !== 1) throw new Error(`Give one proof file: there are ${proofs.length}.`);
  const options = [];
  for (const [name, file] of files) {
    if (file.role === "proof" || file.role === "none") continue;
    const value = file.role === "subject" ? `${$("subject").value.trim()}=signature:${name}` : name;
    options.push(`--${file.role}`, file.log && KEYED.has(file.role) ? `${file.log}=${value}` : value);
  }
  for (const name of ["policy", "context", "at"]) if ($(name).value.trim()) options.push(`--${name}`, $(name).value.trim());
  const model = $("subject").value.trim();
  if (model && ![...files.values()].some((file) => file.role === "subject")) options.push("--subject", model);
  return [proofs[0], ...options, ...words($("more").value)];
}

function say(text, kind) {
  $("state").textContent = text;
  $("state").className = kind || "";
}

function show({ status, said, page }) {
  say(OUTCOMES[status] || "Not judged: the verifier has failed, which is no verdict.", status === 0 ? "met" : "bad");
  $("said").hidden = !said;
  $("said").textContent = said;
  $("result").hidden = !page;
  if (!page) return;
  if ($("save").href) URL.revokeObjectURL($("save").href);
  $("save").href = URL.createObjectURL(new Blob([page], { type: "text/html" }));
  $("page").srcdoc = page; // in which nothing runs: the frame is a sandbox, and the page has a security policy of its own
}

// --- the verifier ---------------------------------------------------------------------------------------------------

// Files of data/ are scripts, since a page that is opened from a disk may load nothing else.
function resource(name) {
  return new Promise((resolve, reject) => {
    const script = made("script", { src: `data/${name}.js` });
    script.onload = () => {
      const text = globalThis.zkcResources[name];
      delete globalThis.zkcResources[name];
      script.remove();
      resolve(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
    };
    script.onerror = () => reject(new Error(`data/${name}.js is missing beside this page: copy the whole folder.`));
    document.body.append(script);
  });
}

async function start() {
  globalThis.zkcResources = {};
  const loaded = Object.fromEntries(await Promise.all(RESOURCES.map(async (name) => [name, await resource(name)])));
  const source = URL.createObjectURL(new Blob([loaded["worker.js"]], { type: "text/javascript" }));
  const worker = new Worker(source);
  worker.onerror = (event) => say(`The verifier cannot be run in this browser: ${event.message || "it does not say why"}.`, "bad");
  worker.onmessage = ({ data }) => {
    if (data.kind === "ready") {
      for (const id of data.policies) $("policy").append(made("option", { value: id, textContent: id }));
      $("which").textContent = `${data.version}. SHA-256 of zkcompliance-verify.pyz: ${data.digest}`;
      $("verify").disabled = false;
      say("Ready.");
    } else if (data.kind === "failed") {
      say(`The verifier cannot be run in this browser: ${data.why}`, "bad");
    } else {
      $("verify").disabled = false;
      show(data);
    }
  };
  $("asked").onsubmit = (event) => {
    event.preventDefault();
    let options;
    try {
      options = asked();
    } catch (error) {
      show({ status: 2, said: error.message, page: "" });
      return;
    }
    $("verify").disabled = true;
    say("Verifying …");
    worker.postMessage({ kind: "verify", options, files: [...files].map(([name, file]) => [name, file.bytes]) });
  };
  worker.postMessage({ kind: "start", loaded });
}

$("files").onchange = () => { add([...$("files").files]); $("files").value = ""; };
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, (event) => { event.preventDefault(); $("drop").classList.add("over"); });
}
addEventListener("dragleave", () => $("drop").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  add([...event.dataTransfer.files]);
});
$("print").onclick = () => $("page").contentWindow.print();
start().catch((error) => say(error.message, "bad"));
