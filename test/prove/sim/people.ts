/** The people of a telling: what they put into the desired state, and what they do at the vendor's own pages. */
import { Secret } from "../../../adapters/secret.ts";
import { sealBox } from "../../../controller/custody/box.ts";
import type { RotationDecisionSpec, RotationRequestSpec } from "../../../crds/kinds.gen.ts";
import type { RevocationFacts } from "../../../controller/domain/revocation.ts";
import type { Gate } from "../../../controller/domain/world.ts";
import type { DesiredDocument } from "../../../controller/sources/look.ts";
import { syncSource } from "../../../controller/sources/sync.ts";
import type { Fake } from "../api.ts";
import type { Stop } from "../judge/evidence.ts";
import type { VendorFake } from "../vendor/fake.ts";
import type { Agenda, RotationEntry } from "./agenda.ts";
import { liveRotation } from "./agenda.ts";
import type { SimLedger } from "./database.ts";
import { Hand, OTHER_HANDS } from "./hand.ts";
import { INSTALL, SEALING_KEY } from "./keys.ts";
import type { PersonVerb } from "./schedule.ts";
import { isStop, stopAt } from "./stops.ts";

export const CREDENTIAL = "token";

/** What somebody does; the rotation that is live, and what stands open there, is meant. */
export interface Act {
  readonly verb: PersonVerb;
  readonly gate?: Gate;
  readonly consumer?: string;
  /** Nobody does it again for the same reason. */
  readonly because?: string;
  /** Of a Revocation. */
  readonly target?: RotationRequestSpec["target"];
}

export interface PeopleOptions {
  readonly ledger: Pick<SimLedger, "db">;
  readonly fake: VendorFake;
  readonly namespace: string;
  readonly source: string;
  /** What is asked for, in order; the last one also from then on. */
  readonly flows?: readonly RotationRequestSpec["flow"][] | undefined;
}

type Decision = Pick<RotationDecisionSpec, "action"> & Partial<RotationDecisionSpec>;

export class People {
  readonly #options: PeopleOptions;
  readonly #documents = new Map<string, DesiredDocument>();
  readonly #hand: Hand;
  /** Sealed, and not handed in yet. */
  #late: Decision | undefined;
  /** In the order in which people said no. */
  readonly stops: Stop[] = [];
  #decisions = 0;
  #requests = 0;
  #looks = 0;

  constructor(options: PeopleOptions) {
    this.#options = options;
    this.#hand = new Hand(options.fake);
    const { account, credential } = options.fake;
    // Accounts have no namespace: each telling has one of its own.
    const own = `v-${options.source}`;
    this.#put("VendorAccount", "", own, account);
    this.#put("Credential", options.namespace, CREDENTIAL, withAccount(credential, own));
  }

  /** Asks for a rotation, or for a Revocation. With the first one everything else appears. */
  async request({ verb, target }: Pick<Act, "verb" | "target"> = { verb: "request" }): Promise<void> {
    this.#requests += 1;
    const { flows = [] } = this.#options;
    this.#put("RotationRequest", this.#options.namespace, `r${this.#requests}`, {
      credentialRef: { name: CREDENTIAL },
      ...(verb === "revoke"
        ? { flow: "Revocation", ...(target === undefined ? {} : { target }) }
        : { flow: flows.at(Math.min(this.#requests, flows.length) - 1) ?? "Operational", expect: "Alive" }),
      reason: "scheduled",
      requestedBy: "ana",
    });
    await this.#sync();
  }

  /** False where there is nothing that it could be about. */
  async act(act: Act, agenda: Agenda): Promise<boolean> {
    const own = await this.#withoutRotation(act, agenda);
    if (own !== undefined) return own;
    const rotation = liveRotation(agenda);
    if (!rotation || this.#hand.hasDone(act)) return false;
    if (act.verb === "make") return this.#hand.make(rotation);
    if (act.verb === "end") return this.#hand.end(rotation);
    const decision = DECISIONS[act.verb]?.(rotation, act, this.#options.fake);
    if (!decision) return false;
    this.#hand.did(act);
    if (act.verb === "mark") this.#markedByHand(rotation);
    const name = await this.#decide({ requestRef: { name: rotation.name }, ...decision });
    if (isStop(decision)) this.stops.push(await stopAt(this.#options.ledger.db, rotation.id, name));
    return true;
  }

  /** Undefined: it is about the rotation that is live. */
  async #withoutRotation(act: Act, agenda: Agenda): Promise<boolean | undefined> {
    const { verb } = act;
    const deed = OTHER_HANDS[verb];
    return deed ? deed(this.#options.fake) : this.#besides[verb]?.(act, agenda);
  }

  readonly #besides: Readonly<
    Partial<Record<Act["verb"], (act: Act, agenda: Agenda) => Promise<boolean> | boolean | undefined>>
  > = {
    request: async (act) => this.request(act).then(() => true),
    revoke: async (act) => this.request(act).then(() => true),
    edit: async () => this.#edit(),
    delete: async () => this.#delete(),
    "make-late": (_, agenda) => this.#makeLate(agenda),
    "provide-late": async () => this.#provideLate(),
    correct: async (_, agenda) => this.#decideOnDrift("correct", agenda),
    accept: async (_, agenda) => this.#decideOnDrift("accept", agenda),
    restore: async (_, agenda) => this.#decideOnRetired("restore", agenda),
    destroy: async (_, agenda) => this.#decideOnRetired("destroy", agenda),
  };

  /** What was asked for is made and sealed, and kept for now. */
  #makeLate(agenda: Agenda): boolean {
    const rotation = liveRotation(agenda);
    const made = rotation && DECISIONS.provide?.(rotation, { verb: "provide" }, this.#options.fake);
    if (made) this.#late = { requestRef: { name: rotation.name }, ...made };
    return made !== undefined;
  }

  async #provideLate(): Promise<boolean> {
    if (!this.#late) return false;
    await this.#decide(this.#late);
    return true;
  }

  async #decideOnDrift(verb: "correct" | "accept", { drift }: Agenda): Promise<boolean> {
    if (!drift?.findings.some(({ state, isSettled }) => state === "open" && !isSettled)) return false;
    await this.#decide({
      credentialRef: { name: CREDENTIAL },
      action: verb === "correct" ? "CorrectDrift" : "AcceptDrift",
    });
    return true;
  }

  async #decideOnRetired(verb: "restore" | "destroy", agenda: Agenda): Promise<boolean> {
    const found = agenda.retired.find(({ state }) => state === "quarantined" || state === "live");
    if (!found) return false;
    const action = verb === "restore" ? "RestoreRetired" : "DestroyRetired";
    await this.#decide({ credentialRef: { name: CREDENTIAL }, action, vendorId: found.vendorId });
    return true;
  }

  /** Its name, once it stands in the ledger. */
  async #decide(spec: Decision): Promise<string> {
    this.#decisions += 1;
    const name = `d${this.#decisions}`;
    this.#put("RotationDecision", this.#options.namespace, name, {
      reason: "because",
      decidedBy: "ben",
      ticket: "SEC-1",
      ...spec,
    });
    await this.#sync();
    return name;
  }

  #markedByHand(rotation: RotationEntry): void {
    const { revocation } = rotation.facts;
    if (revocation) this.#endByHand(rotation.state, revocation);
    else this.#revokeByHand(rotation);
  }

  /** Only where the rotation has come to it: before that somebody may still hold the old one. */
  #revokeByHand({ state, facts }: RotationEntry): void {
    const { fake } = this.#options;
    const id = facts.verify?.previousId;
    if (facts.failure?.reason === "OutcomeUnknown") {
      // What the lost mint made: a person sees that nobody holds it.
      for (const key of fake.keys()) if (key.ours && !this.#isHeld(key.id)) fake.revokeByHand(key.id);
    } else if ((state === "revoke_failed" || state === "validated") && id !== undefined) fake.revokeByHand(id);
  }

  /**
   * Once it has begun. What nobody knows the id of is what custody holds; an id that only the ledger knows is that of what somebody handed
   * in, who knows it: the last one that was made.
   */
  #endByHand(state: RotationEntry["state"], { ids = [] }: RevocationFacts): void {
    if (state === "rev_init") return;
    const { fake } = this.#options;
    const open = ids.filter(({ state }) => state === "failed" || state === "by-hand");
    for (const { id = fake.heldBy("custody") ?? "" } of open) {
      const isKnown = fake.keys().some((key) => key.id === id);
      fake.revokeByHand(isKnown ? id : (fake.keys().at(-1)?.id ?? id));
    }
  }

  #isHeld(id: string): boolean {
    const { fake } = this.#options;
    return ["custody", ...fake.setup.consumers.map((consumer) => consumer.id)].some(
      (place) => fake.heldBy(place) === id,
    );
  }

  /** The newest request disappears from its source. */
  async #delete(): Promise<boolean> {
    const key = `RotationRequest/${this.#options.namespace}/r${this.#requests}`;
    if (!this.#documents.delete(key)) return false;
    await this.#sync();
    return true;
  }

  /** The last consumer is switched off, or on again; a rotation that runs goes on as it began. */
  async #edit(): Promise<boolean> {
    const key = `Credential/${this.#options.namespace}/${CREDENTIAL}`;
    const found = this.#documents.get(key);
    const spec = found?.spec as Fake["credential"] | undefined;
    const last = spec?.consumers.at(-1);
    if (!found || !spec || !last) return false;
    const consumers = [...spec.consumers.slice(0, -1), { ...last, active: last.active === false }];
    this.#documents.set(key, { ...found, spec: { ...spec, consumers } });
    await this.#sync();
    return true;
  }

  #put(kind: DesiredDocument["kind"], namespace: string, name: string, spec: object): void {
    const origin = { path: `${name}.yaml`, line: 1 };
    this.#documents.set(`${kind}/${namespace}/${name}`, { kind, namespace, name, spec, origin });
  }

  async #sync(): Promise<void> {
    this.#looks += 1;
    await syncSource(this.#options.ledger.db, {
      source: this.#options.source,
      kind: "git",
      cursor: String(this.#looks),
      trust: "signed",
      documents: [...this.#documents.values()],
      problems: [],
    });
  }
}

function withAccount(credential: Fake["credential"], account: string): Fake["credential"] {
  return JSON.parse(JSON.stringify(credential), (key, value: unknown) => (key === "account" ? account : value));
}

type Answer = (rotation: RotationEntry, act: Act, fake: Fake) => Decision | undefined;

const DECISIONS: Readonly<Partial<Record<Act["verb"], Answer>>> = {
  approve: (rotation, { gate }, fake) => {
    const open = openGate(rotation, gate);
    const confirm = fake.credential.credentialName;
    return open && { action: "Approve", ...open, ...(open.gate === "Revoke" ? { confirm } : {}) };
  },
  deny: (rotation, { gate }) => {
    const open = openGate(rotation, gate);
    return open && { action: "Deny", ...open };
  },
  abort: () => ({ action: "Abort" }),
  retry: () => ({ action: "RetryConsumers" }),
  provide: (rotation, _, fake) => {
    if (rotation.facts.awaitsValueSince === undefined) return undefined;
    const value = Object.entries(fake.mintByHand()).map(([field, text]) => [field, Secret.from(text)] as const);
    const scope = { install: INSTALL, namespace: rotation.namespace, credential: CREDENTIAL };
    return { action: "ProvideValue", sealedValue: sealBox(SEALING_KEY, scope, Object.fromEntries(value)) };
  },
  misprovide: (rotation, _, fake) => {
    if (rotation.facts.awaitsValueSince === undefined) return undefined;
    const wrong = fake.credential.consumers[0]?.keys.map(
      ({ field }) => [field, Secret.from("not-one-of-theirs")] as const,
    );
    const scope = { install: INSTALL, namespace: rotation.namespace, credential: CREDENTIAL };
    return { action: "ProvideValue", sealedValue: sealBox(SEALING_KEY, scope, Object.fromEntries(wrong ?? [])) };
  },
  insist: () => ({ action: "RetryRevoke" }),
  mark: () => ({ action: "MarkRevoked" }),
  resolve: () => ({ action: "ConfirmLeakResolved" }),
  skip: (rotation, { consumer }) => {
    const id = consumer ?? rotation.consumers.find((row) => row.id !== "" && row.state !== "working")?.id;
    return id === undefined ? undefined : { action: "SkipConsumer", consumer: id };
  },
  confirm: (rotation, { consumer }) => {
    const id = consumer ?? rotation.consumers.find((row) => row.id !== "" && row.state === "settled")?.id;
    return id === undefined ? undefined : { action: "ConfirmConsumer", consumer: id };
  },
};

function openGate({ facts }: RotationEntry, wanted: Gate | undefined): { gate: Gate; digest: string } | undefined {
  for (const gate of ["Mint", "Revoke"] as const) {
    const found = facts.gates?.[gate];
    if (found && !found.approved && (wanted ?? gate) === gate) return { gate, digest: found.digest };
  }
  return undefined;
}
