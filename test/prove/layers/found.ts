/** What schedules have found in the engine, each told again in every run of the tests. */
export interface Finding {
  /** The scenario's name: what must hold. */
  readonly name: string;
  /** What was wrong. */
  readonly was: string;
  readonly schedule: string;
}

export const FOUND: readonly Finding[] = [
  {
    name: "an abort waits until the old value is in effect, and not only written",
    was: "I1: the release of the new value, still under way, took effect after the new credential had ended",
    schedule: "A re-readable/3xslow rotate abort sink.write:before:2",
  },
  {
    name: "an abort after all works with the new value names the slot that keeps the old one",
    was: "I2: acceptors went on accepting the old value, and nobody was told",
    schedule: "A acceptors/1xslots rotate abort sink.observe:before:5",
  },
  {
    name: "a generation that lands after its time is watched, and the value in use kept alive",
    was: "I1: a late rotate put a date on the value in use; a day later every consumer was out",
    schedule: "A native-grace-all/1xreadable abort-validated die issuer.mint:flight:1+10m",
  },
  {
    name: "a mint that the vendor makes twice is watched where it succeeded, too",
    was: "I2, I3: only lost mints of generations were watched",
    schedule: "D vendor-distributed/3xslow rotate fault=twice+1h issuer.mint:1",
  },
  {
    name: "the reaper waits for another mint without filling the audit chain",
    was: "a look and an audit row every ten seconds, for as long as the other mint was stalled",
    schedule: "D native-grace-last/1xcas rotate fault=busy+429+500ms issuer.mint:1 pause issuer.mint:after:2 until end",
  },
  {
    name: "an abort outlasts a write that was answered and is made a second time",
    was: "I1: the copy landed after the old value was back and the new credential had ended",
    schedule: "D re-readable/3xslow abort-distributing fault=twice+20s sink.write:2",
  },
  {
    name: "a wave that waits for a person is waited for, whatever a later one says",
    was: "I9: a busy loop, as the next look was taken from a consumer whose turn had not come",
    schedule:
      "D vendor-distributed/3xslow abort-distributing fault=reset-before issuer.revoke:1 jump=40s issuer.usage:before:2",
  },
  {
    name: "a refused replay does not end an attempt whose first call may still land",
    was: "I2, I3: the attempt was burned, then its first call landed: an orphan",
    schedule: "D client-supplied/1xcas retry fault=refuse+400 issuer.mint:2 fault=hang+20s issuer.mint:1",
  },
  {
    name: "a revoke by hand empties the acceptors' second slots as well",
    was: "I2: MarkRevoked ended the rotation, and the acceptor went on accepting the old value",
    schedule: "D acceptors/3xmixed rotate mark check.run:after:1",
  },
  {
    name: "a date that could not be moved is tried again in time, not at once and for ever",
    was: "I9: a busy loop, as the look for the date was due in the past",
    schedule:
      "D native-grace-last/3xblind abort-distributing fault=reset-after issuer.mint:1 fault=refuse+404 issuer.moveGrace:1",
  },
  {
    name: "a mint does not end the value in use where somebody made a newer one that nobody holds",
    was: "I1: a second rotation minted over a duplicate, and the vendor ended what every consumer held",
    schedule:
      "D native-grace-last/3xblind rotate fault=twice+40s issuer.mint:1 fault=hang+10m issuer.verify:2 fault=hang issuer.revoke:1 request wait:before:4",
  },
  {
    name: "a write-back that changes nothing does not count as later than a conditional write that may still land",
    was: "I2, I3: the version had not moved, so the late write of the new value was taken after the abort",
    schedule: "D acceptors/1xslots retry fault=hang+20s sink.write:2 abort wait:before:1",
  },
  {
    name: "an old value that the vendor has ended already holds up no mint, and its date is not moved any more",
    was: "I9: a mint made twice had ended the value in use, and the rotation stood still for fear of ending it",
    schedule: "D native-grace-last/1xcas abort-validated fault=twice+20s issuer.mint:1 die issuer.mint:after:1",
  },
  {
    name: "nothing is rotated where nobody is switched on",
    was: "I2, I3: a rotation without one active consumer ended well, and the only acceptor kept the old value",
    schedule: "D acceptors/1xslots approve request wait:before:3 edit sink.write:after:2 request sink.drop:before:1",
  },
  {
    name: "a rotation right after another outlasts a write of the one before that is made a second time",
    was: "I1: the copy landed after the second rotation had revoked what it wrote",
    schedule: "D acceptors/3xmixed rotate fault=twice+500ms sink.write:3 request sink.write:before:2",
  },
  {
    name: "a slot that could not be emptied is tried again when its time has come, and not at once and for ever",
    was: "I9: a busy loop, as the second look for a late write was due in the past",
    schedule:
      "D acceptors/1xslots preempt-validated fault=busy+503+10m sink.write:4 retry wait:before:3 die@b issuer.verify:after:1 die@b sink.observe:after:2 request wait:before:1",
  },
];
