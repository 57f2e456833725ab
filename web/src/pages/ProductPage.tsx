import { Badge, Button, Group, NumberInput, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { MAX_QUANTITY } from '../basket';
import { Picture } from '../components/Picture';
import { Failed, Heading, Loading } from '../components/states';
import { moneyText } from '../format';
import { availabilityQuery, type Product, productQuery } from '../queries';
import { strings } from '../strings';
import { take } from './ProductsPage';

export function ProductPage({ sku }: { sku: string }) {
  const { data: product, error, refetch } = useQuery(productQuery(sku));
  if (product) return <Details product={product} />;
  if (error) return <Failed error={error} retry={() => void refetch()} missing={strings.products.unknown} />;
  return <Loading />;
}

function Details({ product }: { product: Product }) {
  const { data: available } = useQuery(availabilityQuery(product.sku));
  const [quantity, setQuantity] = useState(1);
  const isOver = available === 0;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
      <Picture product={product} />
      <Stack align="flex-start">
        <Heading>{product.name}</Heading>
        <Text size="xl" fw={600}>
          {moneyText(product.price)}
        </Text>
        <Text className="wrap">{product.description}</Text>
        <Availability available={available} />
        <Group align="end">
          <NumberInput
            label={strings.products.quantity}
            w={100}
            min={1}
            max={MAX_QUANTITY}
            allowDecimal={false}
            value={quantity}
            disabled={isOver}
            onChange={(value) => setQuantity(Math.max(1, Number(value)))}
          />
          <Button disabled={isOver} onClick={() => take(product, quantity)}>
            {strings.products.add}
          </Button>
        </Group>
      </Stack>
    </SimpleGrid>
  );
}

const FEW = 10;

function Availability({ available }: { available: number | undefined }) {
  const look = () => {
    if (available === undefined) return { color: 'gray', text: strings.loading };
    if (available === 0) return { color: 'red', text: strings.products.soldOut };
    if (available <= FEW) return { color: 'yellow', text: strings.products.few(available) };
    return { color: 'teal', text: strings.products.available };
  };
  const { color, text } = look();
  return (
    <Badge role="status" variant="light" color={color} size="lg" autoContrast tt="none">
      {text}
    </Badge>
  );
}
