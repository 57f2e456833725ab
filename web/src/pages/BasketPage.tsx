import { Box, Button, Card, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { setQuantity } from '../basket';
import { type PricedLine, usePricedBasket } from '../components/basket-lines';
import { LinkButton, LinkTo } from '../components/links';
import { Picture } from '../components/Picture';
import { Quantity } from '../components/Quantity';
import { Failed, Heading } from '../components/states';
import { moneyText } from '../format';
import { availabilityQuery } from '../queries';
import { strings } from '../strings';

export function BasketPage() {
  const { lines, total, error, retry } = usePricedBasket();
  if (lines.length === 0)
    return (
      <Stack align="flex-start">
        <Heading>{strings.basket.title}</Heading>
        <Text>{strings.basket.empty}</Text>
        <LinkButton to="/" search={{}}>
          {strings.toProducts}
        </LinkButton>
      </Stack>
    );
  return (
    <Stack maw={720}>
      <Heading>{strings.basket.title}</Heading>
      {lines.map((line) => (
        <Line key={line.sku} line={line} />
      ))}
      {error && <Failed error={error} retry={retry} />}
      <Group justify="space-between" aria-live="polite">
        <Text size="lg">{strings.basket.total}</Text>
        <Text size="lg" fw={700}>
          {total ? moneyText(total) : '…'}
        </Text>
      </Group>
      <LinkButton to="/checkout" size="md">
        {strings.basket.checkout}
      </LinkButton>
    </Stack>
  );
}

function Line({ line: { sku, quantity, product, isGone } }: { line: PricedLine }) {
  const { data: available } = useQuery(availabilityQuery(sku));
  const name = product?.name ?? sku;
  const isShort = !isGone && available !== undefined && available < quantity;
  return (
    <Card withBorder padding="sm">
      <Group align="flex-start">
        <Box w={72}>{product && <Picture product={product} />}</Box>
        <Stack gap="xs" className="rest">
          <Group justify="space-between" align="flex-start">
            <LinkTo to="/products/$sku" params={{ sku }} fw={600} c="inherit" className="wrap">
              {name}
            </LinkTo>
            {product && (
              <Text>{moneyText({ ...product.price, amount: product.price.amount * quantity })}</Text>
            )}
          </Group>
          {isGone && <Text c="var(--mantine-color-error)">{strings.products.unknown}</Text>}
          {isShort && (
            <Text c="var(--mantine-color-error)" role="status">
              {available === 0 ? strings.products.soldOut : strings.products.few(available)}
            </Text>
          )}
          <Group justify="space-between">
            <Quantity
              aria-label={strings.basket.quantityOf(name)}
              w={90}
              value={quantity}
              onChange={(value) => setQuantity(sku, value)}
            />
            <Button
              variant="subtle"
              aria-label={strings.basket.removeNamed(name)}
              onClick={() => setQuantity(sku, 0)}
            >
              {strings.basket.remove}
            </Button>
          </Group>
        </Stack>
      </Group>
    </Card>
  );
}
