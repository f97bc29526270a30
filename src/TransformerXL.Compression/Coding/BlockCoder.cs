using System.Buffers;
using TransformerXL.Compression.Container;
using TransformerXL.Compression.Mixing;
using TransformerXL.Compression.Mixing.Many;
using TransformerXL.Compression.Networks;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Compression.Coding;

/// <summary>Codes block after block with one predictor, whose state continues.</summary>
internal sealed class BlockCoder : IDisposable
{
    /// <summary>Bytes between two looks at the cancellation and two reports.</summary>
    private const int ReportBytes = 1 << 12;

    private readonly IBytePredictor _predictor;
    private readonly ByteNetwork? _network;
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>Begins with a predictor as it is, and a network whose predictions it mixes with its own.</summary>
    public BlockCoder(IBytePredictor predictor, ByteNetwork? network) => (_predictor, _network) = (predictor, network);

    /// <param name="settings">The predictor.</param>
    /// <param name="trained">The model that the network begins with, if the settings name one.</param>
    /// <param name="isa">The instruction set that computes the network; the best if null. It changes no bit.</param>
    /// <param name="threads">Threads of the network.</param>
    /// <param name="cancellationToken">Ends the reading of the primer, which takes seconds.</param>
    public BlockCoder(PredictorSettings settings, ModelFolder? trained, Isa? isa, int threads, CancellationToken cancellationToken = default)
        : this(settings.Primer is { } primer ? Primed(settings, primer, cancellationToken) : new MixingPredictor(settings), settings.Network is { } network ? new ByteNetwork(network, trained, isa, threads) : null)
    {
    }

    /// <summary>Codes a block.</summary>
    /// <returns>The coded bytes, valid until the next call.</returns>
    public ReadOnlyMemory<byte> Encode(byte[] block, int length, Action<int> report, CancellationToken cancellationToken)
    {
        _output.ResetWrittenCount();
        ArithmeticEncoder encoder = new(_output);
        Run(block.AsSpan(0, length), encoder, report, cancellationToken);
        encoder.Finish();
        return _output.WrittenMemory;
    }

    /// <summary>Decodes a block.</summary>
    public void Decode(ReadOnlyMemory<byte> coded, byte[] block, int length, Action<int> report, CancellationToken cancellationToken) =>
        Run(block.AsSpan(0, length), new ArithmeticDecoder(coded), report, cancellationToken);

    /// <summary>Learns from a block that is stored as it is.</summary>
    public void Learn(byte[] block, int length, Action<int> report, CancellationToken cancellationToken) =>
        Run(block.AsSpan(0, length), default(NoCoder), report, cancellationToken);

    public void Dispose() => _network?.Dispose();

    private static ManyPredictor Primed(PredictorSettings settings, Primer primer, CancellationToken cancellationToken)
    {
        ManyPredictor predictor = new(settings);
        predictor.Read(primer.Text, cancellationToken);
        return predictor;
    }

    private void Run<TCoder>(Span<byte> block, TCoder coder, Action<int> report, CancellationToken cancellationToken)
        where TCoder : IBitCoder
    {
        for (int i = 0; i < block.Length; i++)
        {
            if (i % ReportBytes == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                report(i);
            }

            block[i] = CodeByte(block[i], coder);
        }
    }

    private byte CodeByte<TCoder>(byte value, TCoder coder)
        where TCoder : IBitCoder
    {
        _predictor.BeginByte(_network is null ? default : _network.Predict());
        int result = 0;
        for (int shift = 7; shift >= 0; shift--)
        {
            int bit = coder.Code((value >> shift) & 1, _predictor.Predict());
            _predictor.Update(bit);
            result = (result << 1) | bit;
        }

        _network?.Append((byte)result);
        return (byte)result;
    }
}
