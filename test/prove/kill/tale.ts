/** One credential and its rotation, from the request to rest. */
import { readFileSync } from "node:fs";
import type { VendorFake } from "../vendor/fake.ts";
import type { Db } from "../../../controller/ledger/db.ts";
import type { RotationEntry } from "../sim/agenda.ts";
import { isOutage } from "../../../controller/ledger/outage.ts";
import { isStalled, liveRotation } from "../sim/agenda.ts";
import { People } from "../sim/people.ts";
import type { Story } from "../sim/stories.ts";
import { slotPath } from "../vendor/shape.ts";
import type { CredentialSpec, VendorAccountSpec } from "../../../crds/kinds.gen.ts";
import type { Stop } from "../judge/evidence.ts";
import { Looks } from "./looks.ts";
import type { Standing } from "./standing.ts";
import type { Trap } from "./trap.ts";

export interface TaleOptions {
  /** Of the credential's namespace, its account and its source: unlike all others. */
  readonly name: string;
  readonly adapter: string;
  readonly db: Db;
  readonly fake: VendorFake;
  readonly story: Story;
  readonly trap: Trap;
  /** It is left as it is after so long. */
  readonly mostMs: number;
}

/** A rotation that says for so long that it needs a person, and gets none, is left at that. */
const STALLED_MS = 4_000;
/** What its vendor refuses so often is left to a person. */
const MOST_TRIES = 20;
const LEAVE = { name: "kill_leave", text: readFileSync(new URL("./leave.sql", import.meta.url), "utf8") };
const HURRY = { name: "kill_hurry", text: readFileSync(new URL("./hurry.sql", import.meta.url), "utf8") };

export class Tale {
  readonly name: string;
  readonly fake: VendorFake;
  readonly trap: Trap;
  readonly #mostMs: number;
  readonly #story: Story;
  readonly #people: People;
  readonly #db: Db;
  readonly #looks: Looks;
  readonly #begun = performance.now();
  readonly #done: string[] = [];
  readonly #approved = new Set<string>();
  readonly #end = Promise.withResolvers<Standing>();
  readonly happened: string[] = [];
  #stalled = { key: "", since: 0 };
  #busy = false;
  #landing = 0;

  constructor({ name, adapter, db, fake, story, trap, mostMs }: TaleOptions) {
    this.#mostMs = mostMs;
    this.name = name;
    this.fake = fake;
    this.trap = trap;
    this.#story = story;
    this.#db = db;
    this.#looks = new Looks(db, name);
    // The manifests as the vendor's fake writes them, with the adapter that carries its calls to it, and in a folder of its own.
    const own = Object.create(fake, {
      account: { value: renamed(fake.account, adapter, name) },
      credential: { value: renamed(fake.credential, adapter, name) },
    }) as VendorFake;
    this.#people = new People({ ledger: { db }, fake: own, namespace: name, source: name, flows: story.flows });
  }

  /** The last agenda, when there is nothing left to do; also when it takes too long, which the judge will see. */
  get end(): Promise<Standing> {
    return this.#end.promise;
  }

  async begin(): Promise<void> {
    await this.#db.query({ name: "kill_source", text: SOURCE }, [this.name]);
    await this.#people.request(this.#story.begins);
  }

  note(text: string): void {
    this.happened.push(`${new Date().toISOString().slice(11, 23)} ${text}`);
  }

  /** A person stops it, whatever the story says. Resolves when that stands in the ledger. */
  async abort(standing: Standing): Promise<void> {
    if (await this.#people.act({ verb: "abort" }, standing)) this.#done.push("abort");
  }

  get stops(): readonly Stop[] {
    return this.#people.stops;
  }

  get isAborted(): boolean {
    return this.#done.includes("abort") || this.#done.includes("deny");
  }

  /** The rotation that was asked for first gave way to a Revocation. */
  get isPreempted(): boolean {
    return this.#done.includes("revoke");
  }

  /** A request of a dead controller is still on its way. */
  async land(ms: number): Promise<void> {
    this.#landing += 1;
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#landing -= 1;
  }

  /** Where everything stands now. A person does what the story says, or it is at its end. Never rejects: `end` does. */
  async look(read: () => Promise<Standing>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#go(await read());
    } catch (error) {
      // The ledger may be away for a while: then nobody sees anything.
      if (!isOutage(error)) this.#end.reject(error);
    } finally {
      this.#busy = false;
    }
  }

  async #go(agenda: Standing): Promise<void> {
    if (performance.now() - this.#begun > this.#mostMs) return this.#end.resolve(agenda);
    this.#approveWrites(agenda);
    // What was decided is answered first: nobody decides the same thing twice.
    const act = agenda.unanswered > 0 ? undefined : this.#story.act(agenda, this.#done);
    if (act && (await this.#people.act(act, agenda))) {
      this.#done.push(act.verb);
      this.#looks.happened();
      this.note(`a person: ${act.verb}`);
    } else if (await this.#isOver(agenda)) this.#end.resolve(agenda);
  }

  async #isOver(agenda: Standing): Promise<boolean> {
    const live = liveRotation(agenda);
    if (this.#landing > 0 || agenda.rotations.length === 0) return false;
    // What is left to a person is left: its tombstones wait as long as it does.
    if (live) return this.#isLeft(live, agenda.unanswered > 0) && this.#leave();
    const coming = isComing(agenda);
    if (coming) await this.#db.query(HURRY, [this.name]);
    const isAsked = agenda.requestAt !== null || agenda.retiredDecisions + agenda.driftDecisions > 0;
    // Whoever acts next may wait for somebody to look, too.
    const isSeen = this.#story.watches !== true || (await this.#looks.isOver(agenda.drift));
    return !coming && !isAsked && isSeen;
  }

  /** Nobody comes back to it. */
  async close(): Promise<void> {
    await this.#looks.end();
  }

  /** What is judged stays as it is. */
  async #leave(): Promise<boolean> {
    return (await this.#db.query(LEAVE, [this.name])).length > 0;
  }

  /** Nobody is at work on it, and no decision on it waits for its answer. */
  #isLeft(live: RotationEntry, isDecided: boolean): boolean {
    const isMoving = isDecided || (live.heldUntil ?? 0) > Date.now();
    const key = isStalled(live) && !isMoving ? `${live.state} ${live.facts.failure?.reason}` : "";
    const now = performance.now();
    if (key !== this.#stalled.key) this.#stalled = { key, since: now };
    return key !== "" && now - this.#stalled.since > STALLED_MS;
  }

  /** Where a write is only a request, somebody approves it: each once for each try. */
  #approveWrites(agenda: Standing): void {
    for (const { id, state, facts } of liveRotation(agenda)?.consumers ?? []) {
      const key = `${id} ${facts.failure?.tries}`;
      if (state !== "written" || this.#approved.has(key)) continue;
      this.#approved.add(key);
      for (const path of [id, slotPath(id)]) this.fake.approve(path);
    }
  }
}

/** Something of what has ended is still to be done. */
function isComing({ tombstones, retired }: Standing): boolean {
  return tombstones.length > 0 || retired.some(({ at, tries }) => at !== null && tries < MOST_TRIES);
}

/** Past its first look, so that its request is not one from before Velvet. */
const SOURCE = "insert into velvet.source (name, kind, baseline) values ($1, 'git', true)";

/** The adapter that carries its calls here, instead of the one named `fake`. */
function renamed<T extends VendorAccountSpec | CredentialSpec>(spec: T, adapter: string, folder: string): T {
  const text = JSON.stringify(spec)
    .replaceAll('"path":"', `"path":"${folder}/`)
    .replaceAll('"fake":', `"${adapter}":`)
    .replaceAll('"adapter":"fake"', `"adapter":"${adapter}"`);
  return JSON.parse(text) as T;
}
