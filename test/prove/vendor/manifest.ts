/** The VendorAccount and the Credential of a setup, as a platform and a tenant would write them. */
import type { ConsumerSpec, CredentialSpec, VendorAccountSpec } from "../../../crds/kinds.gen.ts";
import type { ConsumerSetup, Setup } from "../api.ts";
import {
  CUSTODY,
  custodyKind,
  fieldsOf,
  isAcceptor,
  nameOf,
  previousNameOf,
  sinkTraitsOf,
  SLOT_SUFFIX,
  slotPath,
} from "./shape.ts";

/** The name that the credential knows the account by. */
export const ACCOUNT = "vendor";

export function accountOf(setup: Setup): VendorAccountSpec {
  const names = setup.consumers.flatMap(({ id, testSlot }) => (testSlot === "endpoint" ? [id, slotPath(id)] : [id]));
  const endpoints = names.map((name) => ({
    name,
    url: `https://${name}.example/ready`,
    proves: "credential" as const,
    send: { field: fieldsOf(setup).at(-1) ?? "value", header: "Authorization" },
  }));
  const two = setup.twoPerson === undefined ? {} : { twoPerson: setup.twoPerson };
  return { adapter: "fake", ...two, allow: [{ namespaces: ["*"] }], ...(endpoints.length > 0 ? { endpoints } : {}) };
}

export function credentialOf(setup: Setup): CredentialSpec {
  const readFrom = readFromOf(setup);
  return {
    credentialName: "TOKEN",
    environment: "test",
    // Without a marker only the sole minter knows what is its own.
    ...((setup.exclusive ?? setup.mintClass === "unmarked") ? { exclusive: true } : {}),
    ...(readFrom === undefined ? {} : { readFrom }),
    issuer: { account: ACCOUNT, fake: { path: "issuer" } },
    custody: { account: ACCOUNT, fake: { path: CUSTODY }, keys: keysOf(setup, false) },
    consumers: setup.consumers.map((consumer) => consumerOf(setup, consumer)),
    gates: setup.gates ?? { mint: "Automatic", revoke: "Automatic" },
    rotation: rotationOf(setup),
    ...(setup.drift === undefined ? {} : { drift: { mode: setup.drift, interval: "1h" } }),
  };
}

function rotationOf(setup: Setup): NonNullable<CredentialSpec["rotation"]> {
  const { strategy, quarantine, failureBudget } = setup;
  return {
    ...(strategy === undefined ? {} : { strategy }),
    ...(strategy === "Replace" ? { acceptsDowntime: true } : {}),
    ...(quarantine === undefined ? {} : { quarantine }),
    ...(failureBudget === undefined ? {} : { failureBudget }),
  };
}

/** Custody that cannot be read tells nothing of what is in use. */
function readFromOf(setup: Setup): string | undefined {
  if (sinkTraitsOf(custodyKind(setup)).grade === "value") return undefined;
  return setup.consumers.find(({ sink }) => sinkTraitsOf(sink).grade === "value")?.id;
}

function consumerOf(setup: Setup, consumer: ConsumerSetup): ConsumerSpec {
  const { id, sink, role, wave, active } = consumer;
  const tears = fieldsOf(setup).length > 1 && !sinkTraitsOf(sink).atomic;
  return {
    id,
    account: ACCOUNT,
    fake: { path: id },
    keys: keysOf(setup, isAcceptor(consumer) && consumer.twoSlots === true),
    check: checkOf(consumer),
    ...(role === undefined ? {} : { role }),
    ...(wave === undefined ? {} : { wave }),
    ...(active === undefined ? {} : { active }),
    ...(tears ? { acceptsTearing: true } : {}),
    ...testSlotOf(consumer),
  };
}

function testSlotOf({ id, testSlot }: ConsumerSetup): Pick<ConsumerSpec, "testSlot"> {
  if (testSlot === undefined) return {};
  if (testSlot === "key") return { testSlot: { keySuffix: SLOT_SUFFIX } };
  const path = slotPath(id);
  return { testSlot: testSlot === "endpoint" ? { path, endpoint: path } : { path } };
}

function keysOf(setup: Setup, twoSlots: boolean): ConsumerSpec["keys"] {
  return fieldsOf(setup).map((field) => ({
    field,
    name: nameOf(field),
    ...(twoSlots ? { previousKey: previousNameOf(field) } : {}),
  }));
}

function checkOf(consumer: ConsumerSetup): NonNullable<ConsumerSpec["check"]> {
  const type = consumer.check ?? (sinkTraitsOf(consumer.sink).grade === "value" ? "native" : "http");
  return type === "http" ? { type, account: ACCOUNT, endpoint: consumer.id } : { type };
}
