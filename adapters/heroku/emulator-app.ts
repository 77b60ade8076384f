/** One emulated app: its releases, each with the config vars that it brings, and the dynos that run one of them. */
import { randomUUID } from "node:crypto";
import { iso } from "./emulator-replies.ts";

export type Vars = Readonly<Record<string, string>>;

export interface AppOptions {
  /** How long the release phase takes. Default: there is none. */
  readonly releaseMs?: number;
  /** After its release phase a new release fails. */
  readonly releaseFails?: boolean;
  /** How long dynos stay on the old release after the new one is in force, and then start. Default 0. */
  readonly restartMs?: number;
  readonly bootMs?: number;
  /** Dynos of the formation: `web.1`. */
  readonly formation?: readonly string[];
  /** A change to what is there already makes a release too. Default false. */
  readonly sameValueReleases?: boolean;
}

interface Release {
  readonly id: string;
  readonly version: number;
  readonly description: string;
  readonly createdAt: number;
  /** When its release phase is over. */
  readonly doneAt: number;
  readonly fails: boolean;
  readonly vars: Vars;
  readonly by: { readonly id: string; readonly email: string };
}

/** A dyno that does not follow releases: a one-off, a crashed one, one that sleeps. */
export interface OddDyno {
  readonly name: string;
  readonly state: string;
  readonly version: number;
}

export class App {
  readonly id = randomUUID();
  readonly name: string;
  options: AppOptions;
  odd: readonly OddDyno[] = [];
  /** Config vars that add-ons write. */
  readonly owned = new Set<string>();
  readonly #releases: Release[] = [];
  readonly #dynoIds = new Map<string, string>();

  constructor(name: string, options: AppOptions, now: number, by: Release["by"]) {
    this.name = name;
    this.options = options;
    for (const description of ["Initial release", "Enable Logplex"]) this.#add(description, {}, by, now, 0);
  }

  get newest(): number {
    return this.#releases.length;
  }

  status(release: Release, now: number): string {
    if (now < release.doneAt) return "pending";
    return release.fails ? "failed" : "succeeded";
  }

  current(now: number): Release {
    const done = this.#releases.filter((release) => this.status(release, now) === "succeeded");
    const last = done.at(-1);
    if (last === undefined) throw new Error("an app begins with a release");
    return last;
  }

  vars(now: number): Vars {
    return this.current(now).vars;
  }

  /** What the next change is a change of: what is in force, and what is on its way. */
  base(now: number): Vars {
    const standing = this.#releases.filter((release) => this.status(release, now) !== "failed");
    return standing.at(-1)?.vars ?? {};
  }

  /** The change's whole outcome; no release where it changes nothing. */
  change(changes: Readonly<Record<string, string | null>>, description: string, by: Release["by"], now: number): Vars {
    const before = this.base(now);
    const merged = Object.entries({ ...before, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    );
    const vars = Object.fromEntries(merged);
    const names = new Set([...Object.keys(vars), ...Object.keys(before)]);
    const same = [...names].every((name) => vars[name] === before[name]);
    if (!same || this.options.sameValueReleases) this.#add(description, vars, by, now);
    return vars;
  }

  /** A deploy or a rollback: a release with these config vars, or those of now. */
  release(description: string, by: Release["by"], now: number, vars: Vars = this.base(now)): void {
    this.#add(description, vars, by, now);
  }

  varsOf(version: number): Vars {
    return this.#releases[version - 1]?.vars ?? {};
  }

  #add(description: string, vars: Vars, by: Release["by"], now: number, phase = this.options.releaseMs ?? 0): void {
    const fails = this.options.releaseFails === true && phase > 0;
    const version = this.#releases.length + 1;
    this.#releases.push({
      id: randomUUID(),
      version,
      description,
      createdAt: now,
      doneAt: now + phase,
      fails,
      vars,
      by,
    });
  }

  showReleases(now: number) {
    const { version: inForce } = this.current(now);
    return this.#releases.map((release) => ({
      id: release.id,
      version: release.version,
      status: this.status(release, now),
      current: release.version === inForce,
      description: release.description,
      addon_plan_names: [],
      app: { id: this.id, name: this.name },
      created_at: iso(release.createdAt),
      updated_at: iso(Math.min(now, release.doneAt)),
      eligible_for_rollback: true,
      output_stream_url: null,
      slug: null,
      user: release.by,
    }));
  }

  showDynos(now: number) {
    const formation = this.options.formation ?? ["web.1"];
    return [...formation.map((name) => this.#dyno(name, now)), ...this.odd].map(({ name, state, version }) => ({
      id: this.#dynoId(name),
      name,
      type: name.split(".")[0],
      state,
      release: { id: this.#releases[version - 1]?.id ?? "", version },
      app: { id: this.id, name: this.name },
      attach_url: null,
      command: "npm start",
      size: "standard-1X",
      created_at: iso(now),
      updated_at: iso(now),
    }));
  }

  /** The newest release that it was restarted for. */
  #dyno(name: string, now: number): OddDyno {
    const { restartMs = 0, bootMs = 0 } = this.options;
    const restarted = this.#releases.filter(
      (each) => this.status(each, now) === "succeeded" && now >= each.doneAt + restartMs,
    );
    const runs = restarted.at(-1);
    if (runs === undefined) return { name, state: "starting", version: this.current(now).version };
    return { name, state: now >= runs.doneAt + restartMs + bootMs ? "up" : "starting", version: runs.version };
  }

  #dynoId(name: string): string {
    const id = this.#dynoIds.get(name) ?? randomUUID();
    this.#dynoIds.set(name, id);
    return id;
  }
}
