import { describe, expect, it } from "vitest";
import type { IssuedKey, IssuerTraits } from "../../../adapters/contract.ts";
import type { HeldValue, Known, LiveRotation, PlaceSight, Sight, Subject } from "./subject.ts";
import { type Truth, truthOf, unseenTruth } from "./truth.ts";

const UID = "11111111-1111-4111-8111-111111111111";
const ATTEMPT = "22222222-2222-4222-8222-222222222222";
const LOST = "33333333-3333-4333-8333-333333333333";

const TRAITS: IssuerTraits = {
  mintClass: "markable",
  fields: ["value"],
  publicFields: [],
  breaksWhenMixed: false,
  authority: "vendor",
  negativeControl: true,
  propagation: { windowMs: 0, everyMs: 1 },
  revocation: "quarantine",
};

const SUBJECT: Subject = {
  credential: UID,
  namespace: "team",
  name: "token",
  generation: 1,
  spec: { credentialName: "TOKEN", environment: "test", issuer: { account: "a" }, consumers: [] },
  accounts: {},
  currentId: "old",
  fingerprint: "print-of-old",
  retired: [],
  live: null,
  waiting: [],
  readAt: "2026-11-27T12:00:00Z",
};

const LIVE: LiveRotation = {
  id: "r",
  name: "rotate",
  state: "distributing",
  flow: "Operational",
  attempt: { id: ATTEMPT, state: "minted", vendorId: "new" },
};

function held(is: HeldValue["is"], id: string | undefined, liveness: HeldValue["liveness"] = "alive"): HeldValue {
  return { place: "", print: "print", prints: {}, is, liveness, ...(id === undefined ? {} : { id }) };
}

function key(id: string, attempt?: string, more: Partial<IssuedKey> = {}): IssuedKey {
  return { id, enabled: true, ...(attempt === undefined ? {} : { marker: `velvet/test/${UID}/${attempt}` }), ...more };
}

function told(subject: Partial<Subject>, sight: Partial<Sight>, traits: Partial<IssuerTraits> = {}): Truth {
  const known: Known = {
    subject: { ...SUBJECT, ...subject },
    sight: { held: held("ledger", "old"), keys: [key("old")], attempts: [], places: [], ...sight },
    traits: { ...TRAITS, ...traits },
    install: "test",
  };
  return truthOf(known);
}

function acts({ acts: all }: Truth): string[] {
  return all.map((act) => `${act.do} ${"id" in act ? (act.id ?? "-") : act.name}`);
}

const KNOWN = { id: ATTEMPT, credential: UID, state: "minted", vendorId: "new", watched: false };

describe("what happened to a credential in the time that a ledger has lost", () => {
  it("is nothing where custody holds what the ledger knows, and then its requests begin", () => {
    const truth = told({ waiting: [{ uid: "u", name: "next", flow: "Operational", expect: "Alive" }] }, {});
    expect(truth).toMatchObject({ happened: "unchanged", acts: [], person: [], starts: ["next"] });
  });

  it("is a rotation where custody holds another one that is alive; the old one is kept, and no request is executed again but a rehearsal", () => {
    const waiting = [
      { uid: "u", name: "lost", flow: "Operational" as const, expect: "Alive" as const },
      { uid: "v", name: "leak", flow: "Revocation" as const, expect: null },
      { uid: "w", name: "try", flow: "Testing" as const, expect: null },
    ];
    const keys = [key("old"), key("new", LOST, { createdAt: "2026-11-27T11:00:00Z" })];
    const truth = told({ waiting }, { held: held("other", "new"), keys });
    expect(truth).toMatchObject({ happened: "rotated", currentId: "new", ledgerId: "old", starts: ["try"] });
    expect(acts(truth)).toEqual(["adopt new", "keep old", "close lost", "close leak"]);
    expect(truth.acts[0]).toMatchObject({ issuedAt: "2026-11-27T11:00:00Z" });
    expect(truth.person.join(" ")).toContain("velvet destroy token old -n team");
  });

  it("ends nothing that is in use: a mint without an outcome in the ledger is adopted where custody holds what it made", () => {
    const live: LiveRotation = { ...LIVE, state: "minting", attempt: { id: ATTEMPT, state: "open" } };
    const truth = told(
      { live },
      { held: held("attempt", "new"), keys: [key("old", undefined, { enabled: false }), key("new", ATTEMPT)] },
    );
    expect(truth.happened).toBe("finished");
    expect(acts(truth)).toEqual(["adopt new", "end rotate", "keep old"]);
    expect(truth.acts[0]).toMatchObject({ attempt: ATTEMPT });
  });

  it("lets a rotation go on whose value is alive, and ends one whose value is dead, or was overtaken", () => {
    const keys = [key("old"), key("new", ATTEMPT)];
    const seen = { keys, attempts: [KNOWN] };
    expect(told({ live: LIVE }, { ...seen, held: held("attempt", "new"), attempt: "alive" })).toMatchObject({
      happened: "goes-on",
      acts: [],
    });
    expect(told({ live: LIVE }, { ...seen, attempt: "alive" })).toMatchObject({ happened: "goes-on", acts: [] });
    const back = told({ live: LIVE }, { keys: [key("old")], attempts: [KNOWN], attempt: "dead" });
    expect(back).toMatchObject({ happened: "taken-back", acts: [{ do: "end", gone: true }] });
    const over = told({ live: LIVE }, { ...seen, held: held("other", "newest"), attempt: "alive" });
    expect(acts(over)).toEqual(["adopt newest", "end rotate", "keep old", "keep new"]);
  });

  it("does not go on with a mint without an outcome where a consumer holds what nobody can name", () => {
    const live: LiveRotation = { ...LIVE, state: "minting", attempt: { id: ATTEMPT, state: "open" } };
    const app: PlaceSight = { place: "app", grade: "value", holds: "other", id: "new" };
    const keys = [key("old"), key("new", ATTEMPT)];
    const truth = told({ live }, { keys, attempts: [{ ...KNOWN, state: "open", vendorId: null }], places: [app] });
    expect(truth.happened).toBe("taken-back");
    expect(acts(truth)).toEqual(["end rotate", "keep new"]);
    expect(told({ live }, { keys, places: [{ ...app, holds: "current" }] }).happened).toBe("goes-on");
  });

  it("is an end where the vendor refuses what custody holds; a Revocation goes on with that, another rotation does not", () => {
    const dead = held("other", undefined, "dead");
    expect(told({}, { held: held("ledger", "old", "dead") })).toMatchObject({ happened: "ended", acts: [] });
    expect(told({ live: LIVE }, { held: dead }).acts).toMatchObject([{ do: "end" }]);
    const revocation: LiveRotation = { ...LIVE, flow: "Revocation", attempt: null };
    expect(told({ live: revocation }, { held: dead }).acts).toEqual([]);
    expect(told({}, { held: dead }).person).toEqual([
      "Issue a new one: velvet request rotate token -n team --expect Dead",
    ]);
  });

  it("spares an old one that is enabled again, or in somebody's hands, whatever the backup meant to do", () => {
    const retired = [
      { vendorId: "back", state: "quarantined" as const },
      { vendorId: "gone", state: "quarantined" as const },
      { vendorId: "held", state: "live" as const },
      { vendorId: "apart", state: "live" as const },
    ];
    const keys = [key("old"), key("back"), key("held"), key("apart"), key("gone", undefined, { enabled: false })];
    const places: PlaceSight[] = [{ place: "app", grade: "value", holds: "other", id: "held" }];
    expect(acts(told({ retired }, { keys, places }))).toEqual(["spare back", "spare held"]);
  });

  it("takes a value from before Velvet for no news, and one of this install for a rotation of a forgotten Credential", () => {
    const fresh = { currentId: null, fingerprint: null };
    expect(told(fresh, { held: held("other", "old") })).toMatchObject({ happened: "unchanged", acts: [] });
    const marker = `velvet/test/44444444-4444-4444-8444-444444444444/${LOST}`;
    const first = { uid: "u", name: "first", flow: "Operational", expect: "Absent" } as const;
    expect(acts(told({ ...fresh, waiting: [first] }, { held: held("other", undefined), keys: [] }))).toEqual([
      "adopt -",
      "close first",
    ]);
    const known = { held: held("other", "new"), keys: [{ id: "new", enabled: true, marker }] };
    expect(told(fresh, known)).toMatchObject({ happened: "rotated", acts: [{ do: "adopt", id: "new" }] });
    expect(
      told(fresh, { ...known, keys: [{ id: "new", enabled: true, marker: marker.replace("test", "other") }] }).acts,
    ).toEqual([]);
  });

  it("keeps what was minted beside the one in use, but not what its vendor ends by itself or another Credential's", () => {
    const other = `velvet/test/44444444-4444-4444-8444-444444444444/${LOST}`;
    const keys = [key("old"), key("stray", LOST), { id: "theirs", enabled: true, marker: other }];
    const truth = told({}, { keys });
    expect(truth.happened).toBe("minted");
    expect(acts(truth)).toEqual(["keep stray"]);
    expect(truth.person.join(" ")).toContain("theirs");
    expect(acts(told({}, { keys: [key("old"), key("stray", LOST, { expiresAt: "2026-12-01T00:00:00Z" })] }))).toEqual(
      [],
    );
    expect(acts(told({}, { keys }, { mintClass: "native-grace" }))).toEqual([]);
  });

  it("is not known where nobody could look: then nothing is adopted, and all that begins is named", () => {
    const waiting = [{ uid: "u", name: "next", flow: "Operational" as const, expect: "Alive" as const }];
    const truth = unseenTruth({ ...SUBJECT, live: LIVE, waiting }, { unseen: "it is away." });
    expect(truth).toMatchObject({ happened: "unseen", acts: [], starts: ["next"] });
    expect(truth.message).toBe("It could not be looked at: it is away. rotate would go on from distributing.");
  });

  it("asks for a new one where custody is empty, and names what consumers hold instead of the one in use", () => {
    expect(told({}, { held: "nothing" })).toMatchObject({ happened: "emptied", currentId: null });
    const places: PlaceSight[] = [
      { place: "", grade: "value", holds: "current" },
      { place: "app", grade: "value", holds: "ledger" },
      { place: "job", grade: "version", holds: "unseen", version: "7" },
    ];
    const truth = told({}, { held: held("other", "new"), keys: [key("new", LOST)], places });
    expect(truth.person.join(" ")).toContain("app holds the value from before");
    expect(truth.acts[0]).toMatchObject({ held: [{ place: "" }, { place: "job", version: "7" }] });
  });
});
