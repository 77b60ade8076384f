/** The drill's vendors: one truth, and issuers of several mint classes before it. */
import { randomBytes } from "node:crypto";
import type { Adapter, Connection, Issuer, IssuerTraits } from "../../adapters/contract.ts";
import { Secret } from "../../adapters/secret.ts";
import { fakeAdapter, type FakeVendor } from "../support/fake-vendor.ts";

/** `fake`: Velvet chooses the value. `markable`: the vendor does, and shows it once. `byhand`: a person makes and ends it. */
export function drillAdapters(vendor: FakeVendor): Readonly<Record<string, Adapter>> {
  const fake = fakeAdapter(vendor);
  return {
    fake,
    markable: variant(fake, "markable", MARKABLE, markable(vendor)),
    byhand: variant(fake, "byhand", BY_HAND, byHand),
  };
}

const MARKABLE: Partial<IssuerTraits> = { mintClass: "markable" };
const BY_HAND: Partial<IssuerTraits> = {
  mintClass: "manual",
  revocation: "manual",
  propagation: { windowMs: 0, everyMs: 50 },
};

function variant(
  fake: Adapter,
  name: string,
  more: Partial<IssuerTraits>,
  patch: (issuer: Issuer, family: string) => Partial<Issuer>,
): Adapter {
  const traits = (config: unknown): IssuerTraits => {
    const { maxLive: _, ...of } = fake.issuerTraits?.(config) ?? none();
    return { ...of, ...more };
  };
  return {
    ...fake,
    name,
    issuerTraits: traits,
    connect: (account, clock): Connection => {
      const inner = fake.connect(account, clock);
      return {
        ...inner,
        issuer: (config) => {
          const made = inner.issuer?.(config) ?? none();
          return { ...made, traits: traits(config), ...patch(made, (config as { family?: string }).family ?? "") };
        },
        [Symbol.asyncDispose]: async () => inner[Symbol.asyncDispose](),
      };
    },
  };
}

function none(): never {
  throw new Error("the fake has no issuer");
}

function markable(vendor: FakeVendor): (issuer: Issuer, family: string) => Partial<Issuer> {
  return (_, family) => ({
    mint: async ({ marker }) =>
      vendor.call("issuer.mint", marker, () => {
        const id = `key-${marker.slice(-36)}`;
        const value = randomBytes(24).toString("base64url");
        vendor.keys.set(id, { value, marker, enabled: true, family });
        return { id, value: { value: Secret.from(value) } };
      }),
  });
}

/** Nobody but the person knows whose a value is. */
function byHand(): Partial<Issuer> {
  const refuse = async (): Promise<never> => Promise.reject(new Error("a person does that"));
  return {
    list: async () => [],
    identify: async () => undefined,
    mint: refuse,
    revoke: refuse,
    destroy: refuse,
    instructions: {
      mint: { text: "Make one.", expectedMs: 60_000 },
      revoke: { text: "End it.", expectedMs: 60_000 },
    },
  };
}
