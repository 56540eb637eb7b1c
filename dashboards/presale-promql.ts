/** Expressions of a presale that dashboards and alerts share, so that both mean the same. */

/** Ratios of what happens a few times a second need more than one scrape's window. */
export const ratioWindow = "15s";

const charges = 'matchday_payments_total{call="charge"';

/** A declined card is a right answer: neither a failure nor among what could fail. */
const failed = 'outcome!~"taken|declined"';

/** Share of the charges in a window that took no money, those of declined cards apart. */
export const failedPayments = (window: string) =>
  `(sum(rate(${charges},${failed}}[${window}])) or vector(0)) / (sum(rate(${charges},outcome!="declined"}[${window}])) > 0)`;

/** Share of the charges in a window whose card was declined. */
export const declinedPayments = (window: string) =>
  `(sum(rate(${charges},outcome="declined"}[${window}])) or vector(0)) / (sum(rate(${charges}}[${window}])) > 0)`;

/** Charges in a window that took no money, those of declined cards apart. */
export const failedCharges = (window: string) => `sum(increase(${charges},${failed}}[${window}]))`;
