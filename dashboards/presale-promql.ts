/** Expressions of a presale that dashboards and alerts share, so that both mean the same. */

/** Ratios of what happens a few times a second need more than one scrape's window. */
export const ratioWindow = "15s";

const charges = 'matchday_payments_total{call="charge"';

/** Share of the charges in a window that took no money; `which` of these by their outcome, all unless told. */
export const failedPayments = (window: string, which = 'outcome!="taken"') =>
  `(sum(rate(${charges},${which}}[${window}])) or vector(0)) / (sum(rate(${charges}}[${window}])) > 0)`;

/** Charges in a window that took no money. */
export const failedCharges = (window: string) => `sum(increase(${charges},outcome!="taken"}[${window}]))`;
