import type { RandomAccount, RandomIssuer } from "../../crds/kinds.gen.ts";
import type { Issuer, IssuerTraits, MintOrder, Minted, ProposeOrder, Residual } from "../contract.ts";
import { defineAdapter } from "../define.ts";
import { Terminal } from "../errors.ts";
import { Secret, type SecretFields } from "../secret.ts";

const FIELD = "value";

const TRAITS: IssuerTraits = {
  mintClass: "client-supplied",
  fields: [FIELD],
  publicFields: [],
  breaksWhenMixed: false,
  authority: "acceptors",
  negativeControl: false,
  propagation: { windowMs: 0, everyMs: 1_000 },
  revocation: "immediate",
};

/** Values that Velvet chooses by itself: shared bearer secrets, webhook secrets. There is no vendor; the acceptors are the authority. */
export const random = defineAdapter<RandomAccount, RandomIssuer>({
  name: "random",
  endpoint: "none",
  issuer: { targets: () => ({}), traits: () => TRAITS },
  connect: () => ({
    probe: async () => ({ ready: true, reason: "NothingToReach", message: "Random values need no vendor." }),
    issuer: (block) => issuerOf(block),
    async [Symbol.asyncDispose]() {},
  }),
});

function issuerOf(block: RandomIssuer): Issuer {
  return {
    traits: TRAITS,
    list: async () => [],
    verify: async () => ({
      liveness: "alive",
      reason: "AliveByConstruction",
      message: "There is no vendor to ask: only the acceptors know whether they take this value.",
    }),
    mutate,
    identify: async () => undefined,
    complete: (value) => value,
    propose: (order) => propose(block, order),
    mint: async (order) => mint(order),
    revoke: async () => STILL_ACCEPTED,
    destroy: async () => STILL_ACCEPTED,
  };
}

function propose({ bytes = 32, encoding = "base64url" }: RandomIssuer, order: ProposeOrder): SecretFields {
  const chosen = order.random(bytes);
  const value = { [FIELD]: Secret.from(chosen.toString(encoding)) };
  chosen.fill(0);
  return value;
}

/** Nothing happens outside: the value was sealed before this call, and the id is the attempt's, because a hash of a value can be guessed. */
function mint({ marker, proposed }: MintOrder): Minted {
  const value = proposed?.[FIELD];
  if (value === undefined || value.isEmpty) {
    throw new Terminal(
      {
        reason: "ProposalMissing",
        message: "There is no proposed value to mint.",
        remedy: "Request the rotation again.",
      },
      { vendor: "random", operation: "mint" },
    );
  }
  return { id: `random@${marker.slice(marker.lastIndexOf("/") + 1)}`, value: { [FIELD]: value } };
}

/**
 * The first character becomes another one, of both alphabets. Not the last: it can carry bits that an acceptor which decodes the
 * value ignores.
 */
function mutate(value: SecretFields): SecretFields {
  const text = value[FIELD]?.reveal() ?? "";
  return { ...value, [FIELD]: Secret.from(`${text.startsWith("0") ? "1" : "0"}${text.slice(1)}`) };
}

const STILL_ACCEPTED: readonly Residual[] = [
  {
    kind: "AcceptorsKeepOldValue",
    message: "No vendor can end a random value: it is dead once every acceptor has dropped it.",
    remedy: "Make sure that each acceptor no longer holds the old value, in its second slot either.",
  },
];
