// Activates the real extension in front of a VS Code of which only the interface is there, plays the events that
// stand in the plan given as JSON, and prints what the extension wrote after each.
"use strict";

const fs = require("fs");
const Module = require("module");
const path = require("path");

const { extension, folder, missing, plan } = JSON.parse(process.argv[2]);
const file = path.join(folder, `window-${process.pid}.json`);

/** An object whose events can be fired; the names in `missing` are not there, as in an older VS Code. */
function surface(name, more) {
  const handlers = {};
  const made = new Proxy(more || {}, {
    get(target, key) {
      if (missing.includes(`${name}.${String(key)}`) || missing.includes(name)) {
        return undefined;
      }
      if (typeof key === "string" && key.startsWith("onDid")) {
        return (handler) => {
          handlers[key] = handler;
          return { dispose: () => delete handlers[key] };
        };
      }
      return target[key];
    },
  });
  return { made, handlers };
}

const parts = {
  window: surface("window", { state: { focused: false, active: false } }),
  workspace: surface("workspace"),
  tasks: surface("tasks", { taskExecutions: [] }),
  debug: surface("debug"),
};
const vscode = {};
for (const [name, part] of Object.entries(parts)) {
  vscode[name] = missing.includes(name) ? undefined : part.made;
}
const load = Module._load;
Module._load = (request, ...rest) => (request === "vscode" ? vscode : load(request, ...rest));

const context = { subscriptions: [] };
const real = require(extension);
real.activate(context);

const seen = [];
const look = () => seen.push(fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : null);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

(async () => {
  look();
  for (const [part, event, value] of plan) {
    await pause(2100); // longer than the extension waits between two writes
    if (part === "set") {
      parts.tasks.made.taskExecutions = value;
    } else if (parts[part].handlers[event]) {
      parts[part].handlers[event](value);
    }
    look();
  }
  context.subscriptions.forEach((one) => one.dispose());
  real.deactivate();
  console.log(JSON.stringify(seen));
})();
