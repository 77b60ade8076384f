/** What people are shown while a person is asked to do something at the vendor. Pure. */
import type { Trouble } from "./assisted.ts";
import { askedText } from "./assisted.ts";
import type { RotationFacts } from "./world.ts";

export function asksToMint({ assisted }: RotationFacts): string {
  const what = "A person makes it at the vendor; where Velvet does not see it there, its value is handed in.";
  return assisted?.mint ? askedText(assisted.mint, what) : what;
}

/** Undefined: nobody is asked. */
export function asksToRevoke({ assisted, verify }: RotationFacts): string | undefined {
  const id = verify?.previousId;
  const what =
    id === undefined
      ? "Nobody knows the old credential's id: revoke it by hand, then MarkRevoked."
      : `A person ends ${id} at the vendor; MarkRevoked says so where Velvet does not see it.`;
  if (assisted?.revoke) return askedText(assisted.revoke, what);
  return id === undefined ? what : undefined;
}

/** What keeps a person's part from being enough, while it is waited for. */
export function troubleOf({ assisted, revoked }: RotationFacts, isMinted: boolean): Trouble | undefined {
  if (!isMinted) return assisted?.mint?.trouble;
  return revoked ? undefined : assisted?.revoke?.trouble;
}

export function revokedBy(fact: NonNullable<RotationFacts["revoked"]>, id: string): string {
  if (fact.who) return `by ${fact.who.name}, by hand`;
  return fact.seen === undefined ? id : `${id} by hand, as the vendor says: ${fact.seen}`;
}
