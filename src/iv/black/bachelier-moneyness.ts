/**
 * Inverse of Bachelier's formula: an out-of-the-money price at distance a is s phi(z) (1 - z R(z)) with z = a / s,
 * so price / a = phi(z) (1 - z R(z)) / z fixes z, and z fixes the volatility, for every price from the money to the smallest double.
 *
 * @see Jaeckel (2017), "Implied normal volatility", for the reduction to one variable; the rational functions are our own fits
 */

/** Prices above this share of a / NEAR_RATIO are near the money: z < 1.25. */
const NEAR_RATIO = 24.709626075038972; // z / (phi(z) (1 - z R(z))) at z = 1.25

/** True where {@link nearBachelierVol} applies, false where {@link farBachelierMoneyness} does. */
export function isNearTheMoney(distance: number, price: number): boolean {
  return distance <= NEAR_RATIO * price;
}

/**
 * Volatility over price near the money, sqrt(2 pi) at it: relative error 5e-6.
 *
 * @param eta - distance / price, from 0 to 24.7
 */
export function nearBachelierVol(eta: number): number {
  return (2.5066407016753103 + eta * (3.1914333074897705 + eta * (1.0507330295870994 + eta * (0.08529767942218976 + eta * 0.0010062571520655635))))
    / (1 + eta * (0.7733714302258399 + eta * (0.11115502261256668 + eta * 0.0021653465110990436)));
}

/**
 * Standardized moneyness z = distance / volatility from 1.25 to 39, relative error 3e-6.
 *
 * @param root - sqrt(ln(distance / price))
 */
export function farBachelierMoneyness(root: number): number {
  return (-0.5913828485630781 + root * (1.9106898825340064 + root * (-1.4112715045915658 + root * (0.41307695689224516 + root * 0.13833835678050804))))
    / (1 + root * (-0.46786019629527553 + root * (0.2981110401994249 + root * 0.09776793317169506)));
}
