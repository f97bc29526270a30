using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Security.Cryptography;
using TransformerXL.Compression.Coding;

namespace TransformerXL.Compression.Container;

/// <summary>Writes a compressed file: header, blocks, end.</summary>
internal sealed class ContainerWriter(Stream output, ContentKind content, CompressionOptions options, IProgress<CompressionProgress>? progress) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _frame = new();
    private BlockCoder? _coder;
    private long _plainBytes, _compressedBytes;

    /// <summary>Compresses a stream to its end.</summary>
    /// <param name="input">The plain bytes.</param>
    /// <param name="length">How many there are; null if that is not known. Only sizes of tables depend on it.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<CompressionResult> WriteAsync(Stream input, long? length, CancellationToken cancellationToken)
    {
        PredictorSettings settings = PredictorSettings.For(options, length);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[1 << settings.BlockBits], next = new byte[block.Length];
        int count = await input.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        bool isFirst = true;
        do
        {
            int following = count < block.Length ? 0 : await input.ReadAtLeastAsync(next, next.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            hash.AppendData(block, 0, count);
            if (isFirst && following == 0)
            {
                settings = PredictorSettings.For(options, count);
            }

            await WriteBlockAsync(block, count, isFirst, following == 0, settings, cancellationToken).ConfigureAwait(false);
            (block, next, count, isFirst) = (next, block, following, false);
        }
        while (count > 0);

        await WriteEndAsync(hash.GetHashAndReset(), cancellationToken).ConfigureAwait(false);
        return new CompressionResult(_plainBytes, _compressedBytes, content == ContentKind.Files, null);
    }

    public void Dispose() => _coder?.Dispose();

    private async Task WriteBlockAsync(byte[] block, int count, bool isFirst, bool isLast, PredictorSettings settings, CancellationToken cancellationToken)
    {
        (BlockKind kind, ReadOnlyMemory<byte> coded) = count == 0
            ? (BlockKind.Stored, default)
            : await Task.Run(() => Encode(block, count, isLast, settings, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (isFirst)
        {
            bool needsPredictor = !isLast || kind is BlockKind.Predicted or BlockKind.Learned;
            byte[] header = new FileHeader(content, needsPredictor ? settings : null).ToBytes();
            await output.WriteAsync(header, cancellationToken).ConfigureAwait(false);
            _compressedBytes += header.Length;
        }

        if (count > 0)
        {
            _frame.Write([(byte)kind]);
            WriteNumber(count);
            WriteNumber(coded.Length);
            WriteUInt32(Crc32.HashToUInt32(block.AsSpan(0, count)));
            _frame.Write(coded.Span);
            await WriteFrameAsync(cancellationToken).ConfigureAwait(false);
        }

        _plainBytes += count;
        progress?.Report(new CompressionProgress(_plainBytes, _compressedBytes));
    }

    /// <summary>The smallest form of a block. A block that the predictor has read must be read by the decoder's too.</summary>
    private (BlockKind Kind, ReadOnlyMemory<byte> Coded) Encode(byte[] block, int count, bool isLast, PredictorSettings settings, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> plain = block.AsMemory(0, count);
        if (Incompressible.Is(plain.Span))
        {
            return (BlockKind.Stored, plain);
        }

        _coder ??= new BlockCoder(settings, options.Model, options.InstructionSet, options.Threads, cancellationToken);
        ReadOnlyMemory<byte> predicted = _coder.Encode(block, count, Report, cancellationToken);
        byte[]? brotli = isLast && count <= Format.MaxBrotliBytes ? Brotli(plain.Span) : null;
        // Without a predictor the header is shorter too.
        int best = Math.Min(predicted.Length, count);
        return brotli is not null && brotli.Length <= best ? (BlockKind.Brotli, brotli)
            : predicted.Length < count ? (BlockKind.Predicted, predicted)
            : isLast ? (BlockKind.Stored, plain)
            : (BlockKind.Learned, plain);
    }

    private void Report(int done) => progress?.Report(new CompressionProgress(_plainBytes + done, _compressedBytes));

    private static byte[]? Brotli(ReadOnlySpan<byte> plain)
    {
        byte[] buffer = new byte[BrotliEncoder.GetMaxCompressedLength(plain.Length)];
        return BrotliEncoder.TryCompress(plain, buffer, out int written, quality: 11, window: 22) ? buffer[..written] : null;
    }

    private async Task WriteEndAsync(byte[] hash, CancellationToken cancellationToken)
    {
        _frame.Write([(byte)BlockKind.End]);
        WriteNumber(_plainBytes);
        _frame.Write(hash.AsSpan(0, Format.HashBytes));
        await WriteFrameAsync(cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the frame and a CRC of it.</summary>
    private async Task WriteFrameAsync(CancellationToken cancellationToken)
    {
        WriteUInt32(Crc32.HashToUInt32(_frame.WrittenSpan));
        await output.WriteAsync(_frame.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _compressedBytes += _frame.WrittenCount;
        _frame.ResetWrittenCount();
    }

    private void WriteNumber(long value)
    {
        for (; value >= 128; value >>= 7)
        {
            _frame.Write([(byte)(value | 128)]);
        }

        _frame.Write([(byte)value]);
    }

    private void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_frame.GetSpan(4), value);
        _frame.Advance(4);
    }
}
