import { describe, expect, it } from "vitest";
import type { Adapter, IssuerTraits, SinkTraits } from "../../adapters/contract.ts";
import type { ConsumerSpec, CredentialSpec, VendorAccountSpec } from "../../crds/kinds.gen.ts";
import { admit } from "./admission.ts";
import type { Admission, Candidate } from "./candidate.ts";
import { readingSnapshot, slotIn } from "./rehearsal.ts";
import type { Neighbour } from "./rehearsal-places.ts";

const NOW = "2026-11-27T09:00:00.000Z";
const ISSUER: IssuerTraits = {
  mintClass: "markable",
  fields: ["value"],
  publicFields: [],
  breaksWhenMixed: false,
  authority: "vendor",
  negativeControl: true,
  propagation: { windowMs: 0, everyMs: 0 },
  revocation: "immediate",
};
const FREE: SinkTraits = { grade: "value", atomic: true, conditional: false, freeKeys: true };
const NOTICED: SinkTraits = { grade: "value", atomic: true, conditional: false };
const BLIND: SinkTraits = { grade: "presence", atomic: true, conditional: false, freeKeys: true };

function adapter(name: string, sink: SinkTraits, issuer: Partial<IssuerTraits> = {}): Adapter {
  return {
    name,
    roles: ["issuer", "sink", "check"],
    endpoint: "none",
    targets: (_, config) => ({ path: (config as { path?: string }).path ?? "issuer" }),
    issuerTraits: () => ({ ...ISSUER, ...issuer }),
    sinkTraits: () => sink,
    connect: () => {
      throw new Error("nothing is asked");
    },
  };
}

const ENDPOINT = { name: "live", url: "https://live.example", proves: "credential" };
const keys = [{ field: "value", name: "TOKEN" }];

function consumer(id: string, more: Partial<ConsumerSpec> = {}): ConsumerSpec {
  return { id, account: "free", free: { path: id }, keys, check: { type: "native" }, ...more };
}

function spec(consumers: readonly ConsumerSpec[], more: Partial<CredentialSpec> = {}): CredentialSpec {
  return {
    credentialName: "TOKEN",
    environment: "test",
    issuer: { account: "vendor", vendor: {} },
    custody: { account: "free", free: { path: "custody" } },
    consumers,
    ...more,
  };
}

interface Asked {
  readonly issuer?: Partial<IssuerTraits>;
  readonly neighbours?: readonly Neighbour[];
  readonly allow?: VendorAccountSpec["allow"];
}

function ask(credential: CredentialSpec, { issuer, neighbours = [], allow }: Asked = {}): Admission {
  const account = (name: string) => ({
    generation: 1,
    spec: { adapter: name, allow: allow ?? [{ namespaces: ["*"] }], endpoints: [ENDPOINT] } as VendorAccountSpec,
  });
  const candidate: Candidate = {
    request: {
      namespace: "team",
      name: "drill",
      spec: { credentialRef: { name: "token" }, flow: "Testing", reason: "a drill", requestedBy: "ana" },
      deadline: "2026-12-01T00:00:00.000Z",
    },
    credential: { uid: "u", generation: 1, spec: credential },
    accounts: Object.fromEntries(["vendor", "free", "noticed", "blind"].map((name) => [name, account(name)])),
    live: undefined,
  };
  const registry = {
    vendor: adapter("vendor", FREE, issuer),
    free: adapter("free", FREE),
    noticed: adapter("noticed", NOTICED),
    blind: adapter("blind", BLIND),
  };
  return admit(candidate, { environment: "test", rotationOn: true, registry, neighbours }, NOW);
}

function accepted(answer: Admission): Extract<Admission, { verdict: "accept" }> {
  if (answer.verdict !== "accept") throw new Error(`${answer.reason}: ${answer.message}`);
  return answer;
}

const SLOT = { testSlot: { path: "app.test" } };

describe("what a rehearsal runs on", () => {
  it("names nothing that is live, and keeps what is live for reading alone", () => {
    const live = spec(
      [
        consumer("app", {
          ...SLOT,
          restart: undefined as never,
          role: "acceptor",
          keys: [{ ...keys[0]!, previousKey: "OLD" }],
        }),
        consumer("bare"),
        consumer("off", { active: false, testSlot: { path: "off.test" } }),
      ],
      { readFrom: "app", gates: { mint: "Approval", revoke: "Approval" } },
    );
    const { snapshot, left } = accepted(ask(live));
    const { credential } = snapshot;
    expect(credential.spec.consumers).toMatchObject([{ id: "app", free: { path: "app.test" }, keys }]);
    expect(credential.spec.consumers[0]?.keys[0]).toEqual(keys[0]);
    expect(credential.spec.custody?.keys).toEqual([{ field: "value", name: "value_REHEARSAL" }]);
    expect(credential.spec).not.toHaveProperty("readFrom");
    expect(credential.spec.gates).toEqual({ mint: "Approval", revoke: "Automatic" });
    expect(readingSnapshot(snapshot).credential.spec).toBe(live);
    expect(left?.map(({ part, id }) => [part, id])).toEqual([
      ["second-slot", "app"],
      ["consumer", "bare"],
      ["consumer", "off"],
      ["revoke", undefined],
    ]);
  });

  it("leaves out custody where every key is taken notice of", () => {
    const custody = { account: "noticed", noticed: { path: "vault" } };
    const { snapshot, left } = accepted(ask(spec([consumer("app", SLOT)], { custody })));
    expect(snapshot.credential.spec.custody).toBeUndefined();
    expect(left).toContainEqual({ part: "custody", why: expect.any(String) });
  });

  it("checks a slot by what it holds, by an endpoint of its own, or not at all", () => {
    const http = { check: { type: "http", account: "free", endpoint: "live" } as const };
    const blind = { account: "blind", free: undefined, blind: { path: "b" } };
    const { snapshot, left } = accepted(
      ask(
        spec([consumer("read", { ...http, ...SLOT }), consumer("b", { ...blind, testSlot: { path: "b.test" } })], {}),
      ),
    );
    expect(snapshot.credential.spec.consumers.map(({ check }) => check)).toEqual([
      { type: "native" },
      { type: "manual" },
    ]);
    expect(left).toContainEqual({ part: "check", id: "read", why: "its endpoint live asks the live consumer" });
    expect(slotIn(consumer("app", { ...http, testSlot: { endpoint: "preview" } }))).toMatchObject({
      endpoint: "preview",
    });
    expect(slotIn(consumer("app", { testSlot: { endpoint: "preview" } }))).toHaveProperty("problem");
    expect(slotIn(consumer("app", { testSlot: { keySuffix: "a b" } }))).toHaveProperty("problem");
    expect(slotIn(consumer("app", { testSlot: { keySuffix: "_".repeat(33) } }))).toHaveProperty("problem");
  });
});

describe("a rehearsal is refused", () => {
  it.each([
    ["roll-in-place", "DowntimeNotAccepted"],
    ["native-grace", "MintNotRehearsable"],
    ["vendor-distributed", "MintNotRehearsable"],
    ["manual", "MintNotRehearsable"],
  ] as const)("where the vendor mints %s", (mintClass, reason) => {
    const rotation = mintClass === "roll-in-place" ? { rotation: { strategy: "Replace" as const } } : {};
    expect(ask(spec([consumer("app", SLOT)], rotation), { issuer: { mintClass } })).toMatchObject({ reason });
  });

  it("where old values are kept until their own date all the same: the newest could not be ended", () => {
    const issuer = { mintClass: "native-grace", graceKeeps: "all" } as const;
    expect(ask(spec([consumer("app", SLOT)]), { issuer })).toMatchObject({ reason: "MintNotRehearsable" });
  });

  it("where only a person can end a credential, and where the vendor has room for one", () => {
    for (const issuer of [{ revocation: "manual" }, { mintClass: "unmarked", maxLive: 1 }] as const)
      expect(ask(spec([consumer("app", SLOT)]), { issuer })).toMatchObject({ reason: "MintNotRehearsable" });
  });

  it("where no active consumer has a slot", () => {
    const off = consumer("off", { ...SLOT, active: false });
    expect(ask(spec([consumer("app"), off]))).toMatchObject({ reason: "NothingToRehearse" });
  });

  it("where its account does not allow the slot", () => {
    const allow = [{ namespaces: ["*"], targets: { path: ["app", "custody", "issuer"] } }];
    expect(ask(spec([consumer("app", SLOT)]), { allow })).toMatchObject({ reason: "NotAllowed" });
  });
});

describe("a place of a rehearsal is never a live one", () => {
  const touches = { reason: "RehearsalTouchesLive" };

  it("of its own Credential, custody included, whatever the capitals", () => {
    for (const path of ["APP", "other", "Custody"])
      expect(
        ask(
          spec([consumer("app", { testSlot: { path } }), consumer("other")], {
            custody: { account: "free", free: { path: "custody" }, keys },
          }),
        ),
      ).toMatchObject(touches);
  });

  it("of another Credential, switched on or off, first slot or second, whichever account leads there", () => {
    const acceptor = consumer("x", { account: "elsewhere", free: { path: "app.test" }, active: false });
    const two = { ...acceptor, keys: [{ field: "value", name: "OTHER", previousKey: "token" }] };
    for (const other of [acceptor, two]) {
      const neighbours = [{ namespace: "team", name: "other", spec: spec([other]) }];
      expect(ask(spec([consumer("app", SLOT)]), { neighbours })).toMatchObject(touches);
    }
  });

  it("by a key of custody's rehearsal that somebody uses", () => {
    const other = consumer("x", { free: { path: "custody" }, keys: [{ field: "value", name: "value_rehearsal" }] });
    const neighbours = [{ namespace: "team", name: "other", spec: spec([other], { custody: undefined as never }) }];
    expect(ask(spec([consumer("app", SLOT)]), { neighbours })).toMatchObject(touches);
  });

  it("beside a live key only where nothing takes notice of more keys", () => {
    const beside = { testSlot: { keySuffix: "_TEST" } };
    expect(ask(spec([consumer("app", beside)])).verdict).toBe("accept");
    const noticed = consumer("app", { account: "noticed", free: undefined, noticed: { path: "app" }, ...beside });
    expect(ask(spec([noticed]))).toMatchObject(touches);
  });

  it("and nobody else's slot either", () => {
    const twins = [consumer("app", SLOT), consumer("twin", SLOT)];
    expect(ask(spec(twins))).toMatchObject({ reason: "TestSlotTaken" });
    const neighbours = [{ namespace: "team", name: "other", spec: spec([consumer("x", SLOT)]) }];
    expect(ask(spec([consumer("app", SLOT)]), { neighbours })).toMatchObject({ reason: "TestSlotTaken" });
  });
});
