/** One telling of a story with its faults, from the request to rest. */
import type { MintClass } from "../../../adapters/contract.ts";
import type { EffectPoint, Log } from "../../../controller/engine/deps.ts";
import type { Setup } from "../api.ts";
import type { VendorFake } from "../vendor/fake.ts";
import type { Agenda, Moments } from "./agenda.ts";
import { isStalled, liveRotation, moments, readAgenda } from "./agenda.ts";
import type { OutageException, Stop } from "../judge/evidence.ts";
import { excuseOf, killedByCopy, NO_WAY_BACK, overdue, overdueTargets } from "./excuses.ts";
import type { VirtualClock } from "./clock.ts";
import { BEGINNING } from "./clock.ts";
import type { ToldLedger } from "./database.ts";
import type { Happening, Passed } from "./events.ts";
import { Events, inFlight, isChanging } from "./events.ts";
import { slotPath } from "../vendor/shape.ts";
import type { Act } from "./people.ts";
import { People } from "./people.ts";
import type { Lots } from "./random.ts";
import type { Lasting } from "./reach.ts";
import type { Part } from "./replica.ts";
import { Replica } from "./replica.ts";
import type { Event, Schedule } from "./schedule.ts";
import { eventText } from "./schedule.ts";
import type { Story } from "./stories.ts";

/** Nothing that comes later than this is waited for. */
const HORIZON_MS = 25 * 3_600_000;
/** A rotation that needs a person is looked at so often at its own pace, then seldom, as what is under way may still need a day. */
const STALLED_LOOKS = 3;
/** What lets the old value in for a while is asked until that is over. */
const LEAKING_LOOKS = 6;
const SELDOM_MS = 4 * 3_600_000;
/** After that everything that was under way has come about, but an old credential whose end is tried again. */
const DAY_MS = 23 * 3_600_000;
/** Whatever waits for people by then waits for ever. */
const LAST = BEGINNING + 10 * 24 * 3_600_000;
/** So often a person does the same in the same state. */
const MOST_TIMES = 3;
/** More than any telling needs: beyond it the story has no end. */
const MOST_STEPS = 600;
const PARTS: readonly Part[] = ["admit", "work", "retired", "tombstones", "drift"];
/** Between rotations somebody looks so often after the last thing that happened, and finds nothing new. */
const LOOKS = 3;
const NAMES = "abcdefghijkl";

export interface TellingOptions {
  readonly schedule: Schedule;
  readonly story: Story;
  readonly ledger: ToldLedger;
  readonly clock: VirtualClock;
  readonly fake: VendorFake;
  readonly lots: Lots;
  /** Eight hexadecimal digits, of this telling alone. */
  readonly prefix: string;
}

export class Telling {
  readonly #options: TellingOptions;
  readonly #people: People;
  readonly #events: Events;
  readonly #replicas: Replica[] = [];
  readonly #done: string[] = [];
  readonly #notes: Happening[] = [];
  #stalled: { readonly state: string; readonly since: number; looks: number } | undefined;
  #suspectedSince: number | undefined;
  #isPast = false;
  readonly #times = new Map<string, number>();
  #steps = 0;
  #looksLeft = LOOKS;
  /** Deeds of the fake that were counted, and how many of them changed something. */
  #seen = 0;
  #changes = 0;
  readonly namespace: string;
  readonly prefix: string;
  /** Outages that people brought about, knowing it. */
  readonly excuses: OutageException[] = [];
  /** Something landed so late that nobody can say how the story ends. */
  isOverdue = false;
  /** It was the write of the new value to who accepts: nobody but a drift check can know of it. */
  acceptsLate = false;
  readonly labels = new Set<string>();
  readonly logged: string[] = [];
  /** The engine said that it broke, which no schedule may bring about. */
  readonly faults: string[] = [];

  constructor(options: TellingOptions) {
    this.#options = options;
    this.prefix = options.prefix;
    this.namespace = `t${options.prefix}`;
    const { ledger, fake, prefix, story } = options;
    this.#people = new People({ ledger, fake, namespace: this.namespace, source: prefix, flows: story.flows });
    this.#events = new Events(options.schedule.events);
    this.#addReplica();
  }

  /** What happened besides the deeds at the vendor. */
  get happenings(): readonly Happening[] {
    return this.#notes;
  }

  get stops(): readonly Stop[] {
    return this.#people.stops;
  }

  /** In order. */
  get passed(): readonly Passed[] {
    return this.#events.passed;
  }

  /** Events whose moment never came. */
  get missed(): readonly Event[] {
    return this.#events.left;
  }

  /** Resolves at rest. The agenda says where everything stands. */
  async tell(): Promise<Agenda> {
    const agenda = await this.#toRest();
    const { schedule, fake } = this.#options;
    for (const target of overdueTargets(schedule, fake)) this.#landTooLate(target);
    this.excuses.push(...killedByCopy(schedule, fake));
    return agenda;
  }

  async #toRest(): Promise<Agenda> {
    const { ledger, prefix, fake, schedule, story, clock } = this.#options;
    await ledger.begin(prefix);
    fake.arm([...schedule.faults, ...(story.faults?.(fake.setup) ?? [])]);
    await this.#people.request(story.begins);
    await this.#perform("admit");
    for (;;) {
      // Who died in the middle of a call has sent it all the same, before time goes on.
      for (let busy = fake.quiet(); busy; busy = fake.quiet()) await busy;
      const agenda = this.#watched(this.#withoutOld(await readAgenda(ledger, this.namespace)));
      if (clock.broken) throw clock.broken;
      if ((this.#steps += 1) > MOST_STEPS || !(await this.#step(agenda))) return agenda;
    }
  }

  get schedule(): Schedule {
    return this.#options.schedule;
  }

  get setup(): Setup {
    return this.#options.fake.setup;
  }

  get mintClass(): MintClass {
    return this.setup.mintClass;
  }

  /** Somebody asked for the end, besides what the story wants. */
  get isAborted(): boolean {
    return this.#done.includes("abort") || this.#done.includes("deny");
  }

  /** Somebody asked for a Revocation, besides what the story wants. */
  get isPreempted(): boolean {
    return this.#done.includes("revoke");
  }

  /** Anything may be asked for, and the story says nothing of how it ends. */
  get isWild(): boolean {
    return this.#options.schedule.layer === "D";
  }

  /** An orphan that is suspected is looked at for ever, until a person decides: here for two days. */
  #withoutOld(agenda: Agenda): Agenda {
    const isSuspected = agenda.tombstones.some(({ state }) => state === "orphan-suspected");
    if (!isSuspected) return agenda;
    const now = this.#options.clock.now();
    this.#suspectedSince ??= now;
    this.#isPast = now >= this.#suspectedSince + 2 * HORIZON_MS;
    if (!this.#isPast) return agenda;
    return { ...agenda, tombstones: agenda.tombstones.filter(({ state }) => state === "watching") };
  }

  /** Only some stories are watched between rotations, and not for ever. */
  #watched(agenda: Agenda): Agenda {
    return this.#options.story.watches === true && this.#looksLeft > 0 ? agenda : { ...agenda, drift: null };
  }

  get isEndless(): boolean {
    return this.#steps > MOST_STEPS;
  }

  async #step(agenda: Agenda): Promise<boolean> {
    const due = this.#due(agenda);
    if (due) {
      await this.#perform(due);
      return true;
    }
    return (await this.#personActs(agenda)) || (await this.#resumeAtEnd(agenda)) || this.#wait(agenda);
  }

  #due(agenda: Agenda): Part | undefined {
    const now = this.#options.clock.now();
    const at = moments(agenda);
    return PARTS.find((part) => at[part] <= now);
  }

  async #perform(part: Part): Promise<void> {
    const free = this.#replicas.filter((replica) => replica.isFree);
    const replica = free[this.#steps % Math.max(1, free.length)] ?? this.#addReplica();
    if (part === "drift") this.#looksLeft -= 1;
    const went = await replica.run(part);
    // As the engine's loops wake one another.
    if (part === "admit" && went === "done") await replica.run("work");
  }

  /** A write that depends on a version is refused, unless all that was written since then was there already and moved nothing. */
  #arriveTooLate(lasting: Lasting, sentAt: number): void {
    if ("mint" in lasting) return this.#landTooLate(undefined);
    const { place, conditional } = lasting;
    const { fake, clock } = this.#options;
    if (!conditional) return this.#landTooLate(place);
    const since = fake.history.filter(({ at, target }) => target === place && at >= sentAt);
    if (since.some(({ label, outcome }) => label === "sink.write" && outcome === "done")) {
      this.#landTooLate(place, clock.now());
    }
  }

  /** A mint only where it cannot be undone. */
  #landTooLate(place: string | undefined, at?: number): void {
    if (place === undefined && !NO_WAY_BACK.has(this.mintClass)) return;
    this.isOverdue = true;
    this.excuses.push({ ...overdue(place), ...(at === undefined ? {} : { at }) });
    const late = this.setup.consumers.find(({ id }) => id === place);
    if (late?.role === "acceptor") this.acceptsLate = true;
  }

  #addReplica(): Replica {
    const { ledger, clock, lots, prefix, fake } = this.#options;
    const name = NAMES[this.#replicas.length] ?? "z";
    const replica = new Replica({
      name,
      db: ledger.db,
      clock,
      // Of no replica the wall clock is right: nothing that safety rests on may be read from it.
      skewMs: (this.#replicas.length % 2 === 0 ? 1 : -1) * 420_000,
      lots,
      prefix,
      adapter: fake.adapter,
      log: this.#log(name),
      sends: (by) => {
        fake.by = by;
      },
      overdue: (lasting, sentAt) => this.#arriveTooLate(lasting, sentAt),
      passing: async (passing, label, point) => this.#passing(passing, label, point),
    });
    this.#replicas.push(replica);
    return replica;
  }

  async #passing(replica: Replica, label: string, point: EffectPoint): Promise<void> {
    this.labels.add(`${label}:${point}`);
    for (const event of this.#events.passing(replica.name, label, point, this.#state()))
      await this.#happen(replica, event);
    const resumed = this.#events.resumedBy(replica.name, label, point);
    for (const name of resumed) await this.#resume(name);
  }

  /** Every statement counts, and every call that changes something. */
  #state(): string {
    const { ledger, fake } = this.#options;
    for (; this.#seen < fake.history.length; this.#seen += 1) {
      if (isChanging(fake.history[this.#seen]?.label ?? "")) this.#changes += 1;
    }
    return `${ledger.statements} ${this.#changes}`;
  }

  async #happen(replica: Replica, event: Event): Promise<void> {
    const { clock, fake } = this.#options;
    this.#note(replica.name, eventText(event));
    this.#looksLeft = LOOKS;
    // Whatever it interrupts is tried again before anybody says that it stands still.
    if (this.#stalled) this.#stalled.looks = 0;
    switch (event.verb) {
      case "die":
        if (event.point.at === "flight") fake.arm([inFlight(event)]);
        return replica.die(event.point.at === "flight");
      case "pause":
        return replica.pause(event.point.at === "flight");
      case "jump":
        return clock.moveTo(clock.now() + (event.amount ?? 0));
      case "outage":
        return replica.cutOff(event.amount ?? 1);
      default:
        return this.#act({ verb: event.verb });
    }
  }

  async #happenIdle(event: Event): Promise<void> {
    const [replica] = this.#replicas;
    if (replica) await this.#happen(replica, event);
  }

  async #act(act: Act): Promise<void> {
    const { ledger } = this.#options;
    const agenda = await readAgenda(ledger, this.namespace);
    await this.#do(act, agenda);
  }

  async #do(act: Act, agenda: Agenda): Promise<boolean> {
    const excuse = excuseOf(act, agenda, this.#options.fake.setup);
    if (!(await this.#people.act(act, agenda))) return false;
    if (excuse) this.excuses.push(excuse);
    this.#looksLeft = LOOKS;
    this.#done.push(act.verb);
    return true;
  }

  async #personActs(agenda: Agenda): Promise<boolean> {
    this.#approveWrites();
    const act = this.#options.story.act(agenda, this.#done);
    const live = liveRotation(agenda);
    const key = `${act?.verb} ${act?.consumer} ${act?.because} ${live?.name} ${live?.state}`;
    // Nobody does the same again and again where it changes nothing.
    const times = this.#times.get(key) ?? 0;
    if (!act || times >= MOST_TIMES) return false;
    this.#times.set(key, times + 1);
    if (!(await this.#do(act, agenda))) return false;
    this.#note("a person", [act.verb, act.gate, act.consumer].filter(Boolean).join(" "));
    return true;
  }

  /** Where a write is only a request, somebody approves it. */
  #approveWrites(): void {
    const { fake } = this.#options;
    for (const { id, sink } of fake.setup.consumers) {
      if (sink === "approval") for (const path of [id, slotPath(id)]) fake.approve(path);
    }
    if (fake.setup.custody === "approval") fake.approve("custody");
  }

  /** Whoever stands still goes on when the rotation has ended, or when nobody else can do anything for it. */
  async #resumeAtEnd(agenda: Agenda): Promise<boolean> {
    const paused = this.#replicas.find((replica) => replica.isPaused);
    if (!paused) return false;
    const live = liveRotation(agenda);
    if (!live && agenda.drift !== null) return false;
    if (live && !(isStalled(live) && this.#isLeft) && moments(agenda).work < Infinity) return false;
    await this.#resume(paused.name);
    return true;
  }

  async #resume(name: string): Promise<void> {
    const replica = this.#replicas.find((each) => each.name === name && each.isPaused);
    if (!replica) return;
    this.#note(name, "goes on");
    await replica.resume();
  }

  /** False where nothing is left that is worth waiting for. */
  async #wait(agenda: Agenda): Promise<boolean> {
    const { clock } = this.#options;
    const next = this.#next(agenda);
    if (next > clock.now() + HORIZON_MS || next > LAST) return false;
    await clock.moveTo(next);
    for (const event of this.#events.passing("a", "wait", "before", "")) await this.#happenIdle(event);
    // Time alone changes nothing in the ledger: what is due now was known before.
    const due = this.#due(agenda);
    if (due) await this.#perform(due);
    return true;
  }

  #next(agenda: Agenda): number {
    const at = moments(agenda);
    const own = Math.min(at.admit, at.retired, at.tombstones, at.drift);
    const vendors = this.#isPast ? Infinity : (this.#options.fake.nextMoment() ?? Infinity);
    const live = liveRotation(agenda);
    if (!live || !isStalled(live)) return Math.min(own, at.work, vendors);
    return this.#nextOfStalled(live.state, at, vendors);
  }

  /** A stalled rotation is tried again for ever: here until a day has passed, and only while something else may still happen. */
  #nextOfStalled(state: string, { work, admit, retired, tombstones }: Moments, vendors: number): number {
    const now = this.#options.clock.now();
    if (this.#stalled?.state !== state) this.#stalled = { state, since: now, looks: 0 };
    this.#stalled.looks += 1;
    const own = Math.min(admit, retired, tombstones);
    const others = Math.min(own, vendors);
    if (!this.#isLeft) return Math.min(work, others);
    if (now > this.#stalled.since + DAY_MS) return retired;
    if (others > now + HORIZON_MS) return own;
    return Math.min(others, Math.max(work, now + SELDOM_MS));
  }

  get #isLeft(): boolean {
    if (this.#stalled === undefined) return false;
    return this.#stalled.looks > (this.#stalled.state === "rev_leaked" ? LEAKING_LOOKS : STALLED_LOOKS);
  }

  #note(who: string, what: string): void {
    this.#notes.push({ at: this.#options.clock.now(), who, what, deeds: this.#options.fake.history.length });
  }

  #log(name: string): Log {
    const say = (level: string) => (facts: object, message: string) => {
      const line = JSON.stringify({ level, replica: name, ...facts, message });
      this.logged.push(line);
      if (/^(the step .* broke|an adapter failed unexpectedly)/.test(message)) this.faults.push(line);
      if (/^a (pass|look) broke off/.test(message) && !line.includes("Connection terminated")) this.faults.push(line);
    };
    return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
  }
}
