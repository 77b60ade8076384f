import { describe, expect, it, vi } from "vitest";
import type { Issuer, IssuerTraits } from "../../adapters/contract.ts";
import { Secret } from "../../adapters/secret.ts";
import { revokeKey } from "./end-key.ts";

const never = new AbortController().signal;
const value = { value: Secret.from("x") };

function issuer(traits: Partial<IssuerTraits>): Issuer & { readonly revoke: ReturnType<typeof vi.fn> } {
  return { traits, revoke: vi.fn<Issuer["revoke"]>(async () => []) } as never;
}

describe("a vendor that ends only what it is shown", () => {
  it("is shown the value", async () => {
    const vendor = issuer({ revokeNeeds: "value" });
    await revokeKey(vendor, "id", never, () => value);
    expect(vendor.revoke).toHaveBeenCalledWith("id", never, value);
  });

  it("is not asked without it, and a person is", async () => {
    const vendor = issuer({ revokeNeeds: "value" });
    await expect(revokeKey(vendor, "id", never, () => undefined)).rejects.toMatchObject({ reason: "ValueNeeded" });
    expect(vendor.revoke).not.toHaveBeenCalled();
  });

  it("is asked without it where it ends everything by itself, since that may be over", async () => {
    const vendor = issuer({ revokeNeeds: "value", endsByItselfMs: 3_600_000 });
    await revokeKey(vendor, "id", never, () => undefined);
    expect(vendor.revoke).toHaveBeenCalledWith("id", never, undefined);
  });
});

it("shows no other vendor a value", async () => {
  const vendor = issuer({});
  await revokeKey(vendor, "id", never, () => value);
  expect(vendor.revoke).toHaveBeenCalledWith("id", never);
});
