// From a folder (file:), browsers start no worker, and the search is one. A hidden frame does its work instead: it loads the
// worker's script, and messages go to and fro as events. Served over HTTP the page keeps the browser's own worker.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      this.ready = new Promise(resolve => frame.addEventListener("load", resolve, { once: true }))
      document.body.append(frame)
      this.inside = frame.contentWindow
      const inner = frame.contentDocument
      this.inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      this.inside.importScripts = (...addresses) => addresses.reduce(
        (before, next) => before.then(() => this.load(inner, next)), Promise.resolve())
      this.ready = this.load(inner, address)
    }

    load(inner, address) {
      return new Promise((resolve, reject) => {
        const script = inner.createElement("script")
        script.src = new URL(address, document.baseURI)
        script.onload = resolve
        script.onerror = reject
        inner.head.append(script)
      })
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })))
    }
  }
}
