using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Security.Cryptography;
using TransformerXL.Compression.Coding;
using TransformerXL.Compression.Networks;
using TransformerXL.Files;

namespace TransformerXL.Compression.Container;

/// <summary>Reads a compressed file: header, blocks, end.</summary>
internal sealed class ContainerReader(Stream input, DecompressionOptions options, IProgress<CompressionProgress>? progress) : IDisposable
{
    private readonly CheckedReader _reader = new(input);
    private FileHeader? _header;
    private BlockCoder? _coder;
    private long _plainBytes;

    /// <summary>What the plain bytes are; after <see cref="ReadHeaderAsync"/>.</summary>
    public ContentKind Content => _header!.Content;

    /// <summary>Reads the header.</summary>
    /// <exception cref="InputException">It is no compressed file, of another version, damaged, or needs too much memory.</exception>
    public async Task ReadHeaderAsync(CancellationToken cancellationToken)
    {
        _header = await FileHeader.ReadAsync(_reader, cancellationToken).ConfigureAwait(false);
        long memory = _header.Predictor?.MemoryBytes ?? 0;
        Require.That(
            memory <= options.MaxMemory,
            $"it needs {(memory + (1 << 20) - 1) >> 20} MiB of memory, but the limit is {options.MaxMemory >> 20} MiB",
            [new("maxMemory")]);
        if (_header.Predictor?.Network is { } network)
        {
            Arithmetic.Require(network.Arithmetic);
            RequireModel(network.Fingerprint);
        }
    }

    /// <summary>Decompresses all blocks.</summary>
    /// <exception cref="InputException">The file is damaged or cut.</exception>
    public async Task<CompressionResult> CopyToAsync(Stream output, CancellationToken cancellationToken)
    {
        string? damage = null;
        try
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            while (await ReadBlockAsync(hash, output, cancellationToken).ConfigureAwait(false))
            {
            }
        }
        catch (InputException exception) when (options.Recover)
        {
            damage = exception.Message;
        }
        catch (InputException exception) when (_plainBytes > 0)
        {
            throw new InputException($"{exception.Message}; the {Counted.Of(_plainBytes, "byte")} before it are whole", exception) { Remedies = [new("recover")] };
        }

        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        return new CompressionResult(_plainBytes, _reader.Position, Content == ContentKind.Files, damage);
    }

    public void Dispose() => _coder?.Dispose();

    private void RequireModel(string? fingerprint)
    {
        if (fingerprint is null)
        {
            return;
        }

        Require.That(
            options.Model is not null,
            $"it was compressed with a trained model, without which it cannot be decompressed; give the model whose weights have the SHA-256 {fingerprint}",
            [new("model")]);
        string given = TrainedModel.Fingerprint(options.Model!);
        Require.That(
            given == fingerprint,
            $"it was compressed with a model whose weights have the SHA-256 {fingerprint}, but those of {options.Model!.Path} have {given}",
            [new("model")]);
    }

    /// <returns>False at the end of the file.</returns>
    private async Task<bool> ReadBlockAsync(IncrementalHash hash, Stream output, CancellationToken cancellationToken)
    {
        BlockKind kind = (BlockKind)await _reader.ReadByteAsync(cancellationToken).ConfigureAwait(false);
        if (kind == BlockKind.End)
        {
            await ReadEndAsync(hash.GetHashAndReset(), cancellationToken).ConfigureAwait(false);
            return false;
        }

        Require.That(Enum.IsDefined(kind), $"its block at byte {_reader.Position - 1} is damaged: kind {(byte)kind}");
        Require.That(_header!.Predictor is not null || kind is BlockKind.Stored or BlockKind.Brotli, "it is damaged: a block needs a predictor that the header does not have");
        long begin = _reader.Position - 1;
        int max = 1 << (_header.Predictor?.BlockBits ?? PredictorSettings.MaxBlockBits);
        int count = (int)await _reader.ReadNumberAsync(max, cancellationToken).ConfigureAwait(false);
        int codedCount = (int)await _reader.ReadNumberAsync(max, cancellationToken).ConfigureAwait(false);
        Require.That(count > 0 && (codedCount == count || kind is BlockKind.Brotli or BlockKind.Predicted), $"its block at byte {begin} is damaged");
        Require.That(
            _header.Predictor is not null || (long)count + codedCount <= options.MaxMemory,
            $"its block at byte {begin} needs {(long)count + codedCount} bytes of memory, but the limit is {options.MaxMemory >> 20} MiB",
            [new("maxMemory")]);
        uint plainCrc = BinaryPrimitives.ReadUInt32LittleEndian(await _reader.ReadAsync(4, cancellationToken).ConfigureAwait(false));
        byte[] coded = await _reader.ReadAsync(codedCount, cancellationToken).ConfigureAwait(false);
        uint actual = _reader.Crc;
        Require.That(await _reader.ReadCrcAsync(cancellationToken).ConfigureAwait(false) == actual, $"its block at byte {begin} is damaged");
        byte[] plain = await Task.Run(() => Decode(kind, coded, count, cancellationToken), cancellationToken).ConfigureAwait(false);
        Require.That(
            Crc32.HashToUInt32(plain) == plainCrc,
            $"its block at byte {begin} is whole, but decodes to other bytes than were compressed: use the version of the program that compressed it");
        hash.AppendData(plain);
        await output.WriteAsync(plain, cancellationToken).ConfigureAwait(false);
        _plainBytes += count;
        progress?.Report(new CompressionProgress(_plainBytes, _reader.Position));
        return true;
    }

    private byte[] Decode(BlockKind kind, byte[] coded, int count, CancellationToken cancellationToken)
    {
        if (kind == BlockKind.Stored)
        {
            return coded;
        }

        byte[] plain = new byte[count];
        if (kind == BlockKind.Brotli)
        {
            Require.That(BrotliDecoder.TryDecompress(coded, plain, out int written) && written == count, "its block of Brotli is damaged");
            return plain;
        }

        _coder ??= new BlockCoder(_header!.Predictor!, options.Model, options.InstructionSet, options.Threads, cancellationToken);
        if (kind == BlockKind.Learned)
        {
            _coder.Learn(coded, count, done => Report(done, count, coded.Length), cancellationToken);
            return coded;
        }

        _coder.Decode(coded, plain, count, done => Report(done, count, coded.Length), cancellationToken);
        return plain;
    }

    /// <summary>A block is read before it is decoded: its coded bytes count as its plain ones come.</summary>
    private void Report(int done, int count, int codedCount) =>
        progress?.Report(new CompressionProgress(_plainBytes + done, _reader.Position - codedCount + (long)((double)codedCount * done / count)));

    private async Task ReadEndAsync(byte[] actualHash, CancellationToken cancellationToken)
    {
        long length = await _reader.ReadNumberAsync(long.MaxValue, cancellationToken).ConfigureAwait(false);
        byte[] hash = await _reader.ReadAsync(Format.HashBytes, cancellationToken).ConfigureAwait(false);
        uint actual = _reader.Crc;
        Require.That(await _reader.ReadCrcAsync(cancellationToken).ConfigureAwait(false) == actual, "its end is damaged");
        Require.That(
            length == _plainBytes && hash.AsSpan().SequenceEqual(actualHash.AsSpan(0, Format.HashBytes)),
            $"its blocks are not those that were compressed: they hold {_plainBytes} bytes, and the end of the file says {length} bytes with another checksum");
        byte[] more = await _reader.ReadUpToAsync(1, cancellationToken).ConfigureAwait(false);
        Require.That(more.Length == 0, "other bytes follow its end");
    }
}
