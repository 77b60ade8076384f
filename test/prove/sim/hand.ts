/** What people do at the vendor's own pages when they are asked to, and once only. */
import type { VendorFake } from "../vendor/fake.ts";
import type { RotationEntry } from "./agenda.ts";
import type { Act } from "./people.ts";

export class Hand {
  readonly #fake: VendorFake;
  /** Rotations for which somebody has made one already. */
  readonly #made = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #reasons = new Set<string>();

  constructor(fake: VendorFake) {
    this.#fake = fake;
  }

  hasDone({ because }: Act): boolean {
    return because !== undefined && this.#reasons.has(because);
  }

  did({ because }: Act): void {
    if (because !== undefined) this.#reasons.add(because);
  }

  /** Nothing is handed in. False where nobody is asked. */
  make({ id, state, facts }: RotationEntry): boolean {
    if (!facts.assisted?.mint || state !== "minting" || this.#made.has(id)) return false;
    this.#made.add(id);
    this.#fake.mintByHand();
    return true;
  }

  /** Nobody is told. False where nobody is asked. */
  end({ facts }: RotationEntry): boolean {
    const { assisted, revoked, abort, verify } = facts;
    const id = verify?.previousId;
    if (!assisted?.revoke || revoked || abort || id === undefined || this.#ended.has(id)) return false;
    this.#ended.add(id);
    this.#fake.revokeByHand(id);
    return true;
  }
}

/** Where the first consumer keeps its copy. */
function firstPlace({ setup }: VendorFake): string {
  return setup.consumers[0]?.id ?? "";
}

/** Who writes past Velvet: another value that works (unless one stands there already), the value from before Velvet, or the end of what is in use. */
export const OTHER_HANDS: Readonly<Partial<Record<Act["verb"], (fake: VendorFake) => boolean>>> = {
  overwrite: (fake) => {
    const inCustody = fake.heldBy("custody");
    const isOurs = fake.heldBy(firstPlace(fake)) === inCustody || isForeign(fake, inCustody);
    return isOurs && planted(fake, firstPlace(fake), fake.mintForeign());
  },
  "overwrite-custody": (fake) => planted(fake, "custody", fake.mintForeign()),
  revert: (fake) => planted(fake, firstPlace(fake), fake.originalId),
  "end-current": (fake) => {
    const id = fake.heldBy("custody");
    if (id !== undefined) fake.revokeByHand(id);
    return id !== undefined;
  },
};

/** Somebody else made it, after what was there before Velvet. */
function isForeign(fake: VendorFake, id: string | undefined): boolean {
  return id !== fake.originalId && fake.keys().some((key) => key.id === id && !key.ours);
}

function planted(fake: VendorFake, place: string, id: string): boolean {
  fake.plant(place, id);
  return true;
}
