import { Button } from '@mantine/core';
import { setQuantity } from '../basket';
import { strings } from '../strings';

/** Takes a product out of the basket, where something is wrong with it. */
export function Removal({ sku, name }: { sku: string; name: string }) {
  return (
    <Button size="xs" variant="default" onClick={() => setQuantity(sku, 0)}>
      {strings.basket.removeNamed(name)}
    </Button>
  );
}
