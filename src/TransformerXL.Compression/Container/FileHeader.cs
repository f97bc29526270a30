using System.IO.Hashing;
using TransformerXL.Compression.Mixing.Many;
using TransformerXL.Compression.Networks;

namespace TransformerXL.Compression.Container;

/// <summary>The beginning of a compressed file: what it holds, and how its predictor is made.</summary>
/// <param name="Content">What the plain bytes are.</param>
/// <param name="Predictor">The predictor; null if no block needs one.</param>
internal sealed record FileHeader(ContentKind Content, PredictorSettings? Predictor)
{
    private const byte NoPredictor = 0, ContextsPredictor = 1, NetworkPredictor = 2, LstmPredictor = 3;

    /// <summary>The bytes of the header.</summary>
    public byte[] ToBytes()
    {
        List<byte> bytes = [.. Format.Magic, Format.Version, (byte)Content, KindOf(Predictor)];
        if (Predictor is { } predictor)
        {
            bytes.AddRange([(byte)predictor.Contexts, (byte)predictor.TableBits, (byte)predictor.HistoryBits, (byte)predictor.BlockBits]);
            if (predictor.Primer is { } primer)
            {
                bytes.AddRange(primer.Hash);
            }

            if (predictor.Network is { } network)
            {
                NetworkHeader.Append(bytes, network);
            }
        }

        bytes.AddRange(Crc32.Hash([.. bytes]));
        return [.. bytes];
    }

    /// <summary>Reads a header.</summary>
    /// <exception cref="InputException">The file is of another kind or version, or damaged.</exception>
    public static async ValueTask<FileHeader> ReadAsync(CheckedReader reader, CancellationToken cancellationToken)
    {
        byte[] begin = await reader.ReadUpToAsync(Format.Magic.Length, cancellationToken).ConfigureAwait(false);
        Require.That(begin.Length > 0, "it is empty, and not even an empty compressed file is");
        Require.That(begin.AsSpan().SequenceEqual(Format.Magic), "it was not compressed by this program: it does not begin with the bytes D4 54 58 5A");
        byte version = await reader.ReadByteAsync(cancellationToken).ConfigureAwait(false);
        Require.That(version == Format.Version, $"it is of version {version} of the format, but this program reads version {Format.Version}; use a newer program");
        byte content = await reader.ReadByteAsync(cancellationToken).ConfigureAwait(false);
        byte kind = await reader.ReadByteAsync(cancellationToken).ConfigureAwait(false);
        byte[] settings = kind is >= ContextsPredictor and <= LstmPredictor ? await reader.ReadAsync(4, cancellationToken).ConfigureAwait(false) : [];
        byte[] primerHash = settings.Length > 0 && PredictorSettings.HasPrimer((ContextSet)settings[0]) ? await reader.ReadAsync(Primer.HashBytes, cancellationToken).ConfigureAwait(false) : [];
        NetworkSettings? network = kind is NetworkPredictor or LstmPredictor ? await NetworkHeader.ReadAsync(reader, kind == LstmPredictor ? NetworkKind.Lstm : NetworkKind.TransformerXL, cancellationToken).ConfigureAwait(false) : null;
        uint actual = reader.Crc;
        uint crc = await reader.ReadCrcAsync(cancellationToken).ConfigureAwait(false);
        Require.That(actual == crc, "its header is damaged");
        Require.That(Enum.IsDefined((ContentKind)content) && kind <= LstmPredictor, $"its content {content} or predictor {kind} is not known; use a newer program");
        Primer? primer = primerHash.Length == 0 ? null : Primer.Find(primerHash);
        Require.That(primerHash.Length == 0 || primer is not null, $"its predictor begins with a text of the hash {Convert.ToHexStringLower(primerHash)}, which this version does not have; use the version that compressed it");
        PredictorSettings? predictor = kind == NoPredictor ? null : new PredictorSettings
        {
            Contexts = (ContextSet)settings[0],
            TableBits = settings[1],
            HistoryBits = settings[2],
            BlockBits = settings[3],
            Primer = primer,
            Network = network,
        };
        predictor?.Validate();
        return new FileHeader((ContentKind)content, predictor);
    }

    private static byte KindOf(PredictorSettings? predictor) => predictor is null ? NoPredictor
        : predictor.Network is not { } network ? ContextsPredictor
        : network.Kind == NetworkKind.Lstm ? LstmPredictor : NetworkPredictor;
}
