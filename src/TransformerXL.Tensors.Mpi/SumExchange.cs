using TransformerXL.Tensors.Collectives;

namespace TransformerXL.Tensors.Mpi;

/// <summary>
/// Sums a vector over the R processes: each receives one slice from all others, adds it in the order of ranks, and sends the sum back. A process
/// sends 2 (R - 1) / R of the values, which is the least possible. Compressed, the messages hold bfloat16, and sums are float32.
/// </summary>
internal sealed class SumExchange(Messages messages, bool compress) : IDisposable
{
    private readonly NativeArray _terms = new(), _halves = new(), _receivedHalves = new();

    /// <param name="values">The vector; then the sum.</param>
    /// <param name="length">Its length.</param>
    public void Sum(NativeArray values, int length)
    {
        int size = messages.Size, rank = messages.Rank, start = Start(rank, length), own = Start(rank + 1, length) - start, stride = (length / size) + 1;
        _terms.Reserve((long)sizeof(float) * stride * size);
        if (compress)
        {
            _halves.Reserve((long)sizeof(ushort) * length);
            _receivedHalves.Reserve((long)sizeof(ushort) * stride * size);
            HalfRounding.Narrow(values.Span<float>(0, length), _halves.Span<ushort>(0, length));
        }

        (NativeArray wire, NativeArray received, int bytes) = compress ? (_halves, _receivedHalves, sizeof(ushort)) : (values, _terms, sizeof(float));
        ExchangeSlices(wire, received, length, stride, bytes);
        for (int other = 0; other < size; other++)
        {
            Span<float> term = _terms.Span<float>((long)stride * other, own);
            if (compress)
            {
                HalfRounding.Widen(other == rank ? _halves.Span<ushort>(start, own) : _receivedHalves.Span<ushort>((long)stride * other, own), term);
            }
            else if (other == rank)
            {
                values.Span<float>(start, own).CopyTo(term);
            }
        }

        PairwiseSum.Add(size, other => _terms.Span<float>((long)stride * other, own));
        Span<float> sum = _terms.Span<float>(0, own);
        if (compress)
        {
            HalfRounding.Narrow(sum, _halves.Span<ushort>(start, own));
        }
        else
        {
            sum.CopyTo(values.Span<float>(start, own));
        }

        SpreadSums(wire, length, bytes);
        if (compress)
        {
            HalfRounding.Widen(_halves.Span<ushort>(0, length), values.Span<float>(0, length));
        }
    }

    public void Dispose()
    {
        _terms.Dispose();
        _halves.Dispose();
        _receivedHalves.Dispose();
    }

    /// <summary>Sends to each process its slice, and receives the own slice from each.</summary>
    private void ExchangeSlices(NativeArray wire, NativeArray received, int length, int stride, int bytes)
    {
        messages.Next();
        foreach (int other in messages.Others)
        {
            messages.Receive(received.Address + ((nint)stride * other * bytes), (long)Count(messages.Rank, length) * bytes, other);
            messages.Send(wire.Address + ((nint)Start(other, length) * bytes), (long)Count(other, length) * bytes, other);
        }

        messages.Wait();
    }

    /// <summary>Sends the sum of the own slice to all, and receives those of the others.</summary>
    private void SpreadSums(NativeArray wire, int length, int bytes)
    {
        messages.Next();
        foreach (int other in messages.Others)
        {
            messages.Receive(wire.Address + ((nint)Start(other, length) * bytes), (long)Count(other, length) * bytes, other);
            messages.Send(wire.Address + ((nint)Start(messages.Rank, length) * bytes), (long)Count(messages.Rank, length) * bytes, other);
        }

        messages.Wait();
    }

    private int Start(int rank, int length) => (int)((long)length * rank / messages.Size);

    private int Count(int rank, int length) => Start(rank + 1, length) - Start(rank, length);
}
