import { legOutage } from "../leg-outage.ts";

export default legOutage({
  id: "payments-down",
  title:
    "The payment provider is away: its connections are refused, or swallow everything (mode: black-hole)",
  legs: "*.payments",
  whose: "Payment provider",
});
