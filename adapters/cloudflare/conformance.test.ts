import { setImmediate } from "node:timers/promises";
import { constant } from "fast-check";
import type { IssuerSuite } from "../conformance/issuer.ts";
import { issuerConformance } from "../conformance/issuer.ts";
import { sinkConformance } from "../conformance/sink.ts";
import { Secret } from "../secret.ts";
import type { Adoption, Arranged } from "./emulator-bench.fixture.ts";
import { arrange, issuerBench, NAME, pairOf, tokenValue } from "./emulator-bench.fixture.ts";
import type { TokenOwner } from "./emulator-state.ts";

/** A token has one form, and Access's two fields do not follow from each other. */
const tokenForms = constant([{ value: Secret.from("cfut_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ") }]);
const pairForms = constant([
  { clientId: Secret.from("88bf3b6d.access"), clientSecret: Secret.from("cfast_0123456789") },
]);

const CHOSEN = "Cloudflare chooses the value, so nothing can be proposed.";
const ONCE =
  "Cloudflare shows a value once: the same order again makes another one, and the engine never gives it twice.";

function adoptToken(owner: TokenOwner, roll: boolean) {
  return ({ emulator }: Arranged): Adoption => {
    const block = { name: NAME, ...(roll ? { roll } : {}) };
    const unknown = "ed17574386854bf78a67040be0a770b0";
    return {
      block: owner === "user" ? { userToken: block } : { accountToken: block },
      value: tokenValue(emulator.plant(owner, NAME, ["zoneRead"])),
      unknownId: roll ? `${unknown}@0` : unknown,
    };
  };
}

const BESIDE: IssuerSuite["impossible"] = {
  "proposes every field, and another value each time": CHOSEN,
  "has the same outcome for the same order again": ONCE,
  "refuses a mint when the place has changed since it was decided":
    "A new token takes the place of none, so no place can change.",
  "does not bring a revoked credential back by minting the same order again": ONCE,
};

const DIES = "A roll ends the value in use at that moment, which is what this kind is for.";
const IN_PLACE: IssuerSuite["impossible"] = {
  "says alive of a value that works": DIES,
  "proposes every field, and another value each time": CHOSEN,
  "mints beside the credential in use": DIES,
  "has the same outcome for the same order again": ONCE,
  "revokes exactly one id": DIES,
  "leaves what took a place alone when the id from before is revoked":
    "To destroy a rolled token is to delete it, and then there is nothing left to roll; a test of its own asks it of a roll.",
  "leaves no value in what the vendor records":
    "The case mints one order twice, which a roll refuses; a test of its own asks it.",
};

for (const owner of ["user", "account"] as const) {
  issuerConformance({
    name: `cloudflare, a token of the ${owner},`,
    make: async () => issuerBench(adoptToken(owner, false), { tokenKind: owner }),
    forms: tokenForms,
    impossible: BESIDE,
  });
  issuerConformance({
    name: `cloudflare, a rolled token of the ${owner},`,
    make: async () => issuerBench(adoptToken(owner, true), { tokenKind: owner }),
    forms: tokenForms,
    impossible: IN_PLACE,
  });
}

const ALIKE =
  "While the old secret lives on, Access lets both through under one client id, so no answer tells which one a value is.";
const NEWEST =
  "The newest secret ends only with the whole token, so not while the older one lives; tests of their own ask it.";
const NO_WAY_BACK = "A secret that has ended cannot be brought back; the revocation is immediate.";

issuerConformance({
  name: "cloudflare, an Access service token,",
  make: async () =>
    issuerBench(({ emulator }) => {
      const token = emulator.plantServiceToken("orders internal");
      return {
        block: { accessServiceToken: { tokenId: token.id, probe: "origin" } },
        value: pairOf(token),
        unknownId: `${token.id}@0`,
      };
    }),
  forms: pairForms,
  impossible: {
    "identifies a value that it minted": ALIKE,
    "lists what it minted with its marker":
      "A rotation takes no name: secrets are told apart by the number of their version.",
    "proposes every field, and another value each time": CHOSEN,
    "has the same outcome for the same order again": ONCE,
    "does not bring a revoked credential back by minting the same order again": NEWEST,
    "revokes exactly one id": ALIKE,
    "revokes again without an error": NEWEST,
    "leaves what took a place alone when the id from before is revoked": NEWEST,
    "restores a quarantined value": NO_WAY_BACK,
    "restores nothing that is destroyed": NO_WAY_BACK,
    "counts uses": "Cloudflare tells when a service token was last seen, and not which of its two secrets it was.",
    "leaves no value in what the vendor records": NEWEST,
  },
});

const SCRIPT = "orders-api";

sinkConformance({
  name: "cloudflare, a Worker's secrets",
  make: async () => {
    const arranged = await arrange();
    const { emulator } = arranged;
    emulator.plantWorker(SCRIPT);
    return {
      sink: arranged.sink(SCRIPT),
      other: () => arranged.sink(SCRIPT),
      plant: async (values) => emulator.setSecrets(SCRIPT, values),
      // A look takes a turn of the event loop, as one over the wire would.
      peek: async () => {
        await setImmediate();
        return emulator.peek(SCRIPT);
      },
      stamp: async () => `${emulator.state.workers.get(SCRIPT)?.versions.length}`,
      [Symbol.asyncDispose]: async () => arranged[Symbol.asyncDispose](),
    };
  },
  values: ["a\nb", " x ", 'it\'s "quoted" `and` \\ more'],
  impossible: {
    "writes nothing where nothing changes":
      "Nobody can see a secret's value, so nobody can tell that it is this one already.",
    "sees a change behind its back": "Cloudflare shows the names of secrets and never a value or a date of one.",
    "refuses a write against an older version": "Cloudflare takes no condition with a write.",
    "creates against the version of a missing target": "Cloudflare takes no condition with a write.",
  },
});
