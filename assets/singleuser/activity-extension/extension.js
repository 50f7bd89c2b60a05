// Tells the single-user server when a person last used this editor window.
//
// An open tab sends traffic whether or not anybody sits in front of it; only the editor itself knows. What is told
// is a time and the number of running tasks, never what was done. The single-user server (codehub_singleuser/
// signals.py) reads the file; keys typed into terminals it sees by itself.
//
// Runs as it is in every VS Code from 1.45: what an older one lacks is looked for before it is used.
"use strict";

const fs = require("fs");
const path = require("path");

const FOLDER_VARIABLE = "CODEHUB_ACTIVITY_FOLDER";
const HEARTBEAT_MS = 15000; // the server takes a window without one for 60 s to be gone
const WRITE_PAUSE_MS = 2000; // typing writes at most this often

/** Keeps one window's file: the time of the last use, a sign of life, the running tasks. */
class Recorder {
  /**
   * @param {string} folder where the server looks, private to this user
   * @param {{now: () => number, name?: string}} options the clock in milliseconds, and the window's name
   */
  constructor(folder, { now = Date.now, name = String(process.pid) } = {}) {
    this.now = now;
    this.file = path.join(folder, `window-${name}.json`);
    this.lastUse = 0;
    this.tasks = 0;
    this.timer = undefined;
  }

  /** Somebody used the editor just now. */
  used() {
    this.lastUse = this.now();
    if (this.timer === undefined) {
      this.write();
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.write();
      }, WRITE_PAUSE_MS);
    }
  }

  /** @param {number} count how many tasks run now */
  running(count) {
    this.tasks = count;
    this.write();
  }

  write() {
    const content = JSON.stringify({ heartbeat: this.now(), lastUse: this.lastUse, tasks: this.tasks });
    const temporary = `${this.file}.new`;
    try {
      fs.writeFileSync(temporary, content, { mode: 0o600 });
      fs.renameSync(temporary, this.file); // the reader sees all of it or the one before
    } catch (problem) {
      // A full disk or a server that has ended must not disturb anybody's work.
    }
  }

  dispose() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.write(); // stays, so that the last use is still told when the window has gone
  }
}

/** Subscribe to an event if this VS Code has it. */
function listen(context, owner, event, handler) {
  if (owner && typeof owner[event] === "function") {
    context.subscriptions.push(owner[event](handler));
  }
}

/**
 * Whether a change of a document was a person's: a file read anew from the disk and the output of a program change
 * documents as well, but leave them clean.
 */
function isEdit(event) {
  return event.contentChanges.length > 0 && event.document.isDirty;
}

/** Whether a selection was made with keyboard, mouse or a command, not by an extension (then there is no kind). */
function isMove(event) {
  return event.kind !== undefined;
}

/** Watch everything by which a person shows; `recorder` is told. */
function watch(vscode, context, recorder) {
  const used = () => recorder.used();
  const { window, workspace, tasks, debug } = vscode;

  // `active` (VS Code 1.89): keys or mouse anywhere in the window within the last minute, terminals too.
  const look = () => {
    if (window.state && window.state.active === true) {
      used();
    }
  };
  listen(context, window, "onDidChangeWindowState", (state) => {
    if (state.active === true || (state.active === undefined && state.focused)) {
      used();
    }
  });
  listen(context, window, "onDidChangeTextEditorSelection", (event) => isMove(event) && used());
  listen(context, workspace, "onDidChangeTextDocument", (event) => isEdit(event) && used());
  listen(context, workspace, "onDidSaveTextDocument", used);
  listen(context, workspace, "onDidCreateFiles", used);
  listen(context, workspace, "onDidDeleteFiles", used);
  listen(context, workspace, "onDidRenameFiles", used);
  listen(context, window, "onDidOpenTerminal", used);
  listen(context, window, "onDidChangeActiveTerminal", used);
  listen(context, window, "onDidStartTerminalShellExecution", used);
  listen(context, window, "onDidEndTerminalShellExecution", used);
  listen(context, debug, "onDidStartDebugSession", used);
  listen(context, debug, "onDidTerminateDebugSession", used);

  const count = () => recorder.running(tasks && tasks.taskExecutions ? tasks.taskExecutions.length : 0);
  for (const event of ["onDidStartTask", "onDidEndTask"]) {
    listen(context, tasks, event, () => {
      used();
      count();
    });
  }

  const heart = setInterval(() => {
    look();
    count();
  }, HEARTBEAT_MS);
  context.subscriptions.push({ dispose: () => clearInterval(heart) });
  look();
  count();
}

function activate(context) {
  const folder = process.env[FOLDER_VARIABLE];
  if (!folder) {
    return; // an editor that was not started by codehub's server
  }
  const recorder = new Recorder(folder);
  context.subscriptions.push(recorder);
  watch(require("vscode"), context, recorder);
}

function deactivate() {}

module.exports = { activate, deactivate, Recorder, watch, isEdit, isMove };
