import { stringMatching, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { issuerConformance } from "../conformance/issuer.ts";
import type { IssuerBench } from "../conformance/issuer-bench.ts";
import { sinkConformance, type SinkBench } from "../conformance/sink.ts";
import { Secret } from "../secret.ts";
import { AS_APP, issuerOf, type Login, newWorld, silentIssuer, sinkOf, type World } from "./emulator-bench.ts";
import { github } from "./github.ts";
import { newPair } from "./ssh-key.ts";

const worlds: World[] = [];
const strays: string[] = [];

async function world(): Promise<World> {
  const made = await newWorld();
  worlds.push(made);
  return made;
}

async function close(made: World): Promise<void> {
  await made[Symbol.asyncDispose]();
  strays.push(...made.vendor.strays);
}

interface Kind {
  readonly block: object;
  readonly login: (made: World) => Login;
  readonly adopt: (made: World) => IssuerBench["adopted"];
  readonly unknownId: string;
}

const bench =
  ({ block, login, adopt, unknownId }: Kind) =>
  async (): Promise<IssuerBench> => {
    const made = await world();
    const as = login(made);
    return {
      issuer: made.issuer(block, as),
      other: () => made.issuer(block, as),
      unreachable: async () => silentIssuer(made, block, as),
      adopted: adopt(made),
      unknownId,
      recorded: async () => made.vendor.recorded.join("\n"),
      [Symbol.asyncDispose]: async () => close(made),
    };
  };

const NO_QUARANTINE = "GitHub ends it at once; there is no quarantine to restore from.";
const NO_PLACE = "There is no place that could be taken: keys and tokens stand side by side.";

const pairs = uint8Array({ minLength: 36, maxLength: 36 }).map((bytes) => newPair(Buffer.from(bytes)));

issuerConformance({
  name: "github, deploy keys,",
  make: bench({
    block: { deployKey: { repository: "acme/orders" } },
    login: () => AS_APP,
    adopt: ({ vendor }) => {
      const { privateKey, publicKey } = newPair(Buffer.from(crypto.getRandomValues(new Uint8Array(36))));
      vendor.plantKey("acme/orders", { key: publicKey, title: "ci, made by hand" });
      return { privateKey: Secret.from(privateKey), publicKey: Secret.from(publicKey) };
    },
    unknownId: "4711",
  }),
  forms: pairs.map(({ privateKey, publicKey }) => {
    const secret = Secret.from(privateKey);
    return [{ privateKey: secret }, { privateKey: secret, publicKey: Secret.from(publicKey) }];
  }),
  impossible: {
    "refuses a mint when the place has changed since it was decided": NO_PLACE,
    "does not bring a revoked credential back by minting the same order again":
      "GitHub keeps nothing of a deleted key, so that nothing tells a replay from a first try; the ledger never replays an attempt that it ended.",
    "restores a quarantined value": NO_QUARANTINE,
    "restores nothing that is destroyed": NO_QUARANTINE,
  },
});

const tokens = stringMatching(/^gh[ps]_[A-Za-z0-9]{4,60}$/).map((text) => [{ value: Secret.from(text) }]);

const NO_NAME = "GitHub's API has no name for a token, and an id made from the value would be a hash of it.";
const NOT_LISTED = "GitHub's API lists no tokens of this kind.";
const NO_CALL =
  "list, identify and destroy ask nobody, so nothing of them can be given up; the rest is tested in tokens.test.ts.";

issuerConformance({
  name: "github, tokens of an installation,",
  make: bench({
    block: { installationToken: { repositories: ["orders"], permissions: { contents: "read" } } },
    login: () => AS_APP,
    adopt: ({ vendor, time }) => ({
      value: Secret.from(vendor.addToken({ kind: "installation", endsAt: time.ms + 3_600_000 })),
    }),
    unknownId: "installation-987654@no-attempt~2026-11-27T07:00:00Z",
  }),
  forms: tokens,
  impossible: {
    "identifies a value from before Velvet": NO_NAME,
    "identifies a value that it minted": NO_NAME,
    "lists what it minted with its marker": NOT_LISTED,
    "proposes every field, and another value each time": "GitHub chooses the value.",
    "has the same outcome for the same order again":
      "GitHub makes another token each time: what mintClass unmarked says.",
    "refuses a mint when the place has changed since it was decided": NO_PLACE,
    "does not bring a revoked credential back by minting the same order again":
      "GitHub makes another token each time; the revoked one stays dead.",
    "revokes exactly one id": NO_NAME,
    "restores a quarantined value": NO_QUARANTINE,
    "restores nothing that is destroyed": NO_QUARANTINE,
    "destroys for good, and again without an error": NO_NAME,
    "counts uses": "GitHub does not tell who uses a token.",
    "stops when its signal aborts": NO_CALL,
    "shows no value in an error": NO_CALL,
    "leaves no value in what the vendor records":
      "GitHub is told no marker of a token; its values are tested in tokens.test.ts.",
  },
});

const BY_HAND = "GitHub has no API that makes a personal access token: a person does.";

issuerConformance({
  name: "github, personal access tokens,",
  make: bench({
    block: { personalAccessToken: { login: "octo-bot" } },
    login: ({ vendor }) => ({ auth: { token: vendor.addToken() } }),
    adopt: ({ vendor }) => ({ value: Secret.from(vendor.addToken({ kind: "fine-grained" })) }),
    unknownId: "by-hand@no-attempt",
  }),
  forms: tokens,
  impossible: {
    "says alive of a value that works": BY_HAND,
    "identifies a value from before Velvet": NO_NAME,
    "identifies a value that it minted": BY_HAND,
    "lists what it minted with its marker": BY_HAND,
    "proposes every field, and another value each time": BY_HAND,
    "mints beside the credential in use": BY_HAND,
    "has the same outcome for the same order again": BY_HAND,
    "refuses a mint when the place has changed since it was decided": BY_HAND,
    "does not bring a revoked credential back by minting the same order again": BY_HAND,
    "revokes exactly one id": BY_HAND,
    "revokes again without an error": BY_HAND,
    "takes an unknown id for one that is gone": "Without its value nothing can be said of a token: ValueNeeded.",
    "leaves what took a place alone when the id from before is revoked": BY_HAND,
    "restores a quarantined value": NO_QUARANTINE,
    "restores nothing that is destroyed": NO_QUARANTINE,
    "destroys for good, and again without an error": NO_NAME,
    "counts uses": "GitHub does not tell who uses a token.",
    "lists no value": BY_HAND,
    "stops when its signal aborts": BY_HAND,
    "shows no value in an error": BY_HAND,
    "leaves no value in what the vendor records": BY_HAND,
  },
});

const WRITE_ONLY = "GitHub shows no value, so that nobody can tell the same one from another: it is written again.";
const UNCONDITIONAL = "GitHub has no conditional writes.";

interface Place {
  readonly name: string;
  readonly block: object;
  readonly place: string;
}

const PLACES: readonly Place[] = [
  { name: "a repository", block: { repository: "acme/orders" }, place: "repos/acme/orders/actions" },
  {
    name: "an environment",
    block: { repository: "acme/orders", environment: "eu/west 1" },
    place: "repos/acme/orders/environments/eu/west 1",
  },
  { name: "an organization", block: { organization: "acme", visibility: "private" }, place: "orgs/acme/actions" },
  {
    name: "a repository's Dependabot",
    block: { store: "dependabot", repository: "acme/orders" },
    place: "repos/acme/orders/dependabot",
  },
  {
    name: "an organization's Dependabot",
    block: { store: "dependabot", organization: "acme", visibility: "private" },
    place: "orgs/acme/dependabot",
  },
];

describe.each(PLACES)("secrets of $name", ({ name, block, place }) => {
  sinkConformance({
    name: `github, ${name}`,
    make: async (): Promise<SinkBench> => {
      const made = await world();
      return {
        sink: made.sink(block),
        other: () => sinkOf(made.connect(), block),
        plant: async (values) => made.vendor.plant(place, values),
        peek: async () => made.vendor.peek(place),
        stamp: async () => String(made.vendor.store(place).puts),
        [Symbol.asyncDispose]: async () => close(made),
      };
    },
    impossible: {
      "writes nothing where nothing changes": WRITE_ONLY,
      "refuses a write against an older version": UNCONDITIONAL,
      "creates against the version of a missing target": UNCONDITIONAL,
      "changes all keys at once": "Each secret is a request of its own.",
    },
    values: ['it\'s "quoted" `and` \\ more', "a\r\nb", " x ", "x".repeat(49_152 / 2)],
  });
});

it("says of each kind what it is, without an account", async () => {
  await using made = await newWorld();
  const traits = ["deployKey", "installationToken", "personalAccessToken"].map((kind) => {
    const declared = github.issuerTraits?.({ [kind]: {} });
    expect(issuerOf(made.connect(), { [kind]: {} }).traits).toEqual(declared);
    return declared;
  });
  expect(traits).toMatchObject([
    { mintClass: "client-supplied", breaksWhenMixed: true },
    { mintClass: "unmarked", revokeNeeds: "value", endsByItselfMs: 3_600_000 },
    { mintClass: "manual", revokeNeeds: "value" },
  ]);
  expect(github.sinkTraits?.({})).toEqual({ grade: "version", atomic: false, conditional: false, freeKeys: true });
});

it("sent and was answered only what GitHub's own description knows", () => {
  expect(worlds.length).toBeGreaterThan(50);
  expect(strays).toEqual([]);
});
