/** The controllers that run now, and some that have loaded everything and only wait to be started. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { COMPILED } from "../../support/compiled.ts";
import { CONTROLLER } from "./controller.ts";
import type { FromController, Go, Moment, Start } from "./messages.ts";

export interface HerdOptions {
  /** Running at the same time, frozen ones not counted. */
  readonly size: number;
  readonly spares: number;
  readonly start: Omit<Start, "kind" | "replica">;
  /** It waits there until `go`. */
  readonly onMoment: (controller: Controller, moment: Moment) => void;
  readonly onLog: (text: string) => void;
}

export class Controller {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly gone: Promise<void>;
  #guard: ChildProcess | undefined;
  #frozen: Promise<void> | undefined;
  isDead = false;

  constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    this.gone = new Promise((resolve) => {
      child.once("exit", () => {
        this.isDead = true;
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it runs again; absent while it does. */
  get frozen(): Promise<void> | undefined {
    return this.#frozen;
  }

  say(message: Start | Go): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  kill(): void {
    this.isDead = true;
    this.#guard?.kill("SIGKILL");
    this.#child.kill("SIGKILL");
  }

  /** Stands still from now on, wherever it is, until `over` resolves. What it is told meanwhile it hears when it goes on. */
  freeze(over: Promise<void>): Promise<void> {
    this.#child.kill("SIGSTOP");
    // A process that stands still does not notice that whoever stopped it is gone.
    this.#guard = spawn("sh", ["-c", `read _; kill -KILL ${this.pid}`], { stdio: ["pipe", "ignore", "ignore"] });
    this.#frozen = this.#goOn(over);
    return this.#frozen;
  }

  async #goOn(over: Promise<void>): Promise<void> {
    await over;
    this.#guard?.kill("SIGKILL");
    this.#frozen = undefined;
    this.#child.kill("SIGCONT");
  }
}

export class Herd {
  readonly #options: HerdOptions;
  readonly #running = new Set<Controller>();
  readonly #spares: Promise<ChildProcess>[] = [];
  readonly #children = new Set<ChildProcess>();
  #starting = 0;
  #closed = false;
  /** How many were started. */
  started = 0;

  constructor(options: HerdOptions) {
    this.#options = options;
    this.#fill();
  }

  get running(): readonly Controller[] {
    return [...this.#running];
  }

  get pids(): readonly number[] {
    return [...this.#children].flatMap((child) => child.pid ?? []);
  }

  /** As many run as shall, and spares stand by. To be called when one is killed or frozen. */
  #fill(): void {
    if (this.#closed) return;
    while (this.#spares.length < this.#options.spares) this.#spares.push(this.#spawn());
    const awake = [...this.#running].filter((each) => !each.frozen).length;
    for (let count = awake + this.#starting; count < this.#options.size; count += 1) void this.#promote();
  }

  async #promote(): Promise<void> {
    this.#starting += 1;
    const child = await (this.#spares.shift() ?? this.#spawn());
    this.#starting -= 1;
    if (this.#closed || child.exitCode !== null) return;
    this.started += 1;
    const controller = new Controller(`c${this.started}`, child);
    this.#running.add(controller);
    void controller.gone.then(() => this.lost(controller));
    child.on("message", (message: FromController) => {
      if (message.kind === "moment") this.#options.onMoment(controller, message);
      if (message.kind === "log") this.#options.onLog(`${controller.name}: ${message.text}`);
    });
    controller.say({ kind: "start", replica: controller.name, ...this.#options.start });
    this.#fill();
  }

  /** One fewer runs than before. */
  lost(controller: Controller): void {
    if (controller.isDead) this.#running.delete(controller);
    this.#fill();
  }

  async #spawn(): Promise<ChildProcess> {
    const child = forked();
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    await Promise.race([once(child, "message"), once(child, "exit")]);
    return child;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const controller of this.#running) controller.kill();
    await Promise.all(
      [...this.#children].map(async (child) => {
        const gone = once(child, "exit");
        child.kill("SIGKILL");
        await gone;
      }),
    );
  }
}

function forked(): ChildProcess {
  // A kill costs little more than loading another one.
  const env = { ...process.env, ...COMPILED };
  // A mutant's hook is handed on.
  return fork(CONTROLLER, [], { env, execArgv: process.execArgv, stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

/** How long it takes to load a controller, as busy as the machine is now. */
export async function loadingMs(): Promise<number> {
  const begun = performance.now();
  const child = forked();
  const gone = once(child, "exit");
  await Promise.race([once(child, "message"), gone]);
  child.kill("SIGKILL");
  await gone;
  return performance.now() - begun;
}
