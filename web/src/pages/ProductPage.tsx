import { Badge, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Picture } from '../components/Picture';
import { Quantity } from '../components/Quantity';
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
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
      <Picture product={product} />
      <Stack align="flex-start">
        <Heading>{product.name}</Heading>
        <Text size="xl" fw={600}>
          {moneyText(product.price)}
        </Text>
        <Text className="wrap">{product.description}</Text>
        {product.active ? <Offer product={product} /> : <Text fw={600}>{strings.products.unknown}</Text>}
      </Stack>
    </SimpleGrid>
  );
}

function Offer({ product }: { product: Product }) {
  const { data: available, isError } = useQuery(availabilityQuery(product.sku));
  const [quantity, setQuantity] = useState(1);
  const isOver = available === 0;
  return (
    <>
      <Availability available={available} isUnclear={isError} />
      <Group align="end">
        <Quantity
          label={strings.products.quantity}
          w={100}
          value={quantity}
          disabled={isOver}
          onChange={setQuantity}
        />
        <Button disabled={isOver} onClick={() => take(product, quantity)}>
          {strings.products.add}
        </Button>
      </Group>
    </>
  );
}

const FEW = 10;

function Availability({ available, isUnclear }: { available: number | undefined; isUnclear: boolean }) {
  const look = () => {
    if (isUnclear) return { color: 'gray', text: strings.products.unclear };
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
