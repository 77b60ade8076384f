/**
 * Shows in the cluster what the ledger says: each object that has changed there or here is read anew and its status written, the latest
 * state only, and only where it differs from what stands there. A status that somebody else wrote is put right the same way. Nothing is
 * lost with the process: whoever takes over looks at every object once.
 */
import type { Db } from "../../ledger/db.ts";
import { deliverOutbox, dueOutbox, nameRotations, type Touched } from "../../ledger/projections.ts";
import { type Bell, createBell } from "../../sources/bell.ts";
import { keyOf } from "../../sources/shown.ts";
import { type Announcement, announcementsOf } from "./announcements.ts";
import { type HoldWatch, openHoldWatch } from "./hold-watch.ts";
import { readStatuses, type Status } from "./reading.ts";
import type { KnownSubject, Left, Subjects } from "./subjects.ts";

/**
 * Writes the whole status and answers what stands there now; nothing where there is no such object any more. Throws where it is to be
 * tried again.
 */
export type WriteStatus = (subject: KnownSubject, status: Status, signal: AbortSignal) => Promise<Left | undefined>;

export interface ProjectorOptions {
  readonly db: Db;
  readonly source: string;
  readonly subjects: Subjects;
  /** The status as the cluster's definitions take it. */
  readonly fit?: (subject: KnownSubject, status: Status) => Status;
  readonly write: WriteStatus;
  readonly announce: (announcement: Announcement) => void;
  readonly onTrouble: (error: unknown, path: string | undefined, subject?: KnownSubject) => void;
  /** Nothing waits to be tried again. */
  readonly onWell?: () => void;
  readonly monotonicMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly pollMs?: number;
}

export interface Projector {
  /** This object is to be looked at. */
  nudge(path: string): void;
  /** Each object is to be looked at. */
  nudgeAll(): void;
  /** What could not be written is tried again at once. */
  retry(): void;
  /** Until the signal; never rejects. */
  run(signal: AbortSignal): Promise<void>;
  readonly written: number;
}

const POLL_MS = 200;
const BATCH = 500;
const AT_ONCE = 16;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;

export function openProjector(options: ProjectorOptions): Projector {
  return new Projecting(options);
}

class Projecting implements Projector {
  written = 0;
  readonly #options: ProjectorOptions;
  readonly #bell: Bell = createBell();
  readonly #nudged = new Set<string>();
  readonly #fit: (subject: KnownSubject, status: Status) => Status;
  readonly #resting = new Map<string, { readonly until: number; readonly tries: number }>();
  readonly #holds: HoldWatch;

  constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#holds = openHoldWatch(options.db, options.monotonicMs);
    this.#fit = options.fit ?? ((_, status) => status);
  }

  nudge(path: string): void {
    this.#nudged.add(path);
    this.#bell.ring();
  }

  nudgeAll(): void {
    for (const path of this.#options.subjects.paths()) this.#nudged.add(path);
    this.#bell.ring();
  }

  retry(): void {
    for (const [path, { tries }] of this.#resting) this.#resting.set(path, { until: 0, tries });
    this.#bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      let busy = false;
      try {
        busy = await this.#once(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        this.#options.onTrouble(error, undefined);
      }
      if (busy) continue;
      const rest = failures === 0 ? (this.#options.pollMs ?? POLL_MS) : this.#backoff(failures);
      await this.#bell.wait(rest, signal);
    }
  }

  /** One batch. True where there may be more. */
  async #once(signal: AbortSignal): Promise<boolean> {
    const { db, source, subjects, onTrouble } = this.#options;
    if (await this.#holds.changed()) this.#nudgeRequests();
    const due = await dueOutbox(db, BATCH);
    const asked = this.#takeNudged();
    try {
      const paths = new Set([...asked, ...(await pathsOf(db, due))]);
      const known = [...paths].flatMap((path) => subjects.get(path) ?? []);
      const statuses = await readStatuses(db, source, known, onTrouble);
      await this.#writeAll(known, statuses, signal);
      await deliverOutbox(db, due);
    } catch (error) {
      for (const path of asked) this.#nudged.add(path);
      throw error;
    }
    if (this.#resting.size === 0) this.#options.onWell?.();
    return due.length === BATCH || this.#nudged.size > 0;
  }

  #nudgeRequests(): void {
    for (const path of this.#options.subjects.paths()) if (path.startsWith("RotationRequest/")) this.#nudged.add(path);
  }

  #takeNudged(): string[] {
    const now = this.#options.monotonicMs();
    for (const [path, { until }] of this.#resting) {
      if (this.#options.subjects.get(path) === undefined) this.#resting.delete(path);
      else if (until <= now) this.#nudged.add(path);
    }
    const asked = [...this.#nudged].slice(0, BATCH);
    for (const path of asked) this.#nudged.delete(path);
    return asked;
  }

  async #writeAll(
    known: readonly KnownSubject[],
    statuses: ReadonlyMap<string, Status>,
    signal: AbortSignal,
  ): Promise<void> {
    const left = [...known];
    const workers = Array.from({ length: Math.min(AT_ONCE, left.length) }, async () => {
      for (let subject = left.pop(); subject !== undefined && !signal.aborted; subject = left.pop()) {
        await this.#writeOne(subject, statuses, signal);
      }
    });
    await Promise.all(workers);
  }

  async #writeOne(subject: KnownSubject, statuses: ReadonlyMap<string, Status>, signal: AbortSignal): Promise<void> {
    const { subjects, write, onTrouble, monotonicMs } = this.#options;
    const path = keyOf(subject);
    const read = statuses.get(path);
    if (read === undefined) return;
    const { requestedAt } = subject;
    const whole = requestedAt === undefined ? read : { ...read, lastHandledReconcileAt: requestedAt };
    const status = this.#fit(subject, whole);
    try {
      const written = subjects.stands(path, status) ? undefined : await write(subject, status, signal);
      if (written) subjects.written(path, subject.uid, status, written);
      if (written) this.#isWritten(subject, status);
      this.#resting.delete(path);
    } catch (error) {
      if (signal.aborted) return;
      const tries = (this.#resting.get(path)?.tries ?? 0) + 1;
      this.#resting.set(path, { until: monotonicMs() + this.#backoff(tries), tries });
      onTrouble(error, path, subject);
    }
  }

  #isWritten(subject: KnownSubject, status: Status): void {
    this.written += 1;
    for (const text of announcementsOf(subject, status)) this.#options.announce({ subject, ...text });
  }

  #backoff(tries: number): number {
    const planned = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries - 1, 10));
    return planned / 2 + (planned / 2) * this.#options.random();
  }
}

/** The paths of the objects that show what was touched. */
async function pathsOf(db: Db, touched: readonly Touched[]): Promise<string[]> {
  const rotations = touched.filter(({ topic }) => topic === "rotation").map(({ key }) => key);
  const named = await nameRotations(db, rotations);
  return [
    ...touched.filter(({ topic }) => topic !== "rotation").map(({ topic, key }) => `${topic}/${key}`),
    ...named.map(({ namespace, name }) => `RotationRequest/${namespace}/${name}`),
    ...named.map(({ namespace, credentialName }) => `Credential/${namespace}/${credentialName}`),
  ];
}
