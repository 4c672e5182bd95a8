// Runs the one-file verifier in Python, in a thread of its own. What it needs was handed in; it can fetch nothing.

// A page from a disk may start no module as a worker, so this is a script, which Pyodide knows by this function.
self.importScripts = () => { throw new Error("nothing is imported by a script's name"); };
let verify;

function address(bytes, type) {
  return URL.createObjectURL(new Blob([bytes], { type }));
}

async function start(loaded) {
  const types = { "pyodide.asm.wasm": "application/wasm" };
  self.fetch = async (asked) => { // of what Pyodide asks for, that alone which lies in this folder
    const name = new URL(String(asked)).pathname.split("/").pop();
    if (!(name in loaded)) throw new Error(`${name} is not part of this folder`);
    return new Response(loaded[name], { headers: { "content-type": types[name] || "application/octet-stream" } });
  };
  const { loadPyodide } = await import(address(loaded["pyodide.mjs"], "text/javascript"));
  const python = await loadPyodide({
    indexURL: "https://folder.invalid/",
    createPyodideModule: (await import(address(loaded["pyodide.asm.mjs"], "text/javascript"))).default,
    lockFileContents: JSON.parse(new TextDecoder().decode(loaded["pyodide-lock.json"])),
    stdLibURL: "https://folder.invalid/python_stdlib.zip",
    jsglobals: {}, // Python sees nothing of the browser
  });
  python.FS.writeFile("/zkcompliance-verify.pyz", loaded["zkcompliance-verify.pyz"]);
  python.runPython(new TextDecoder().decode(loaded["verify.py"]));
  const [digest, version, policies] = python.globals.get("about")().toJs();
  verify = (options, files) => python.globals.get("verify")(python.toPy(options), python.toPy(files)).toJs();
  self.postMessage({ kind: "ready", digest, version, policies });
}

self.onmessage = async ({ data }) => {
  try {
    if (data.kind === "start") {
      await start(data.loaded);
    } else {
      const [status, said, page] = verify(data.options, data.files);
      self.postMessage({ kind: "verdict", status, said, page });
    }
  } catch (error) {
    self.postMessage({ kind: "failed", why: String(error) });
  }
};
