using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Text.Unigram;

/// <summary>
/// SentencePiece's unigram model (Kudo 2018), the vocabulary of XLM-RoBERTa, XLNet and ALBERT: a text is normalized, spaces become <c>▁</c>, and it is divided into the pieces whose
/// log probabilities have the highest sum. Characters that no piece has are unknown. No text gives the special tokens: their names in a text are text. What the normalization changes is
/// not in the decoded text.
/// </summary>
public sealed class UnigramVocabulary : Vocabulary
{
    /// <summary>The value of <see cref="Vocabulary.Kind"/>.</summary>
    public const string KindName = "unigram";

    /// <summary>The most pieces of a vocabulary.</summary>
    internal const int MaxCount = 4 << 20;

    /// <summary>The most UTF-16 units of a piece.</summary>
    internal const int LongestPiece = 1024;

    private static readonly string[] s_classes = ["[CLS]", "<cls>", "<s>"], s_separators = ["[SEP]", "<sep>", "</s>"], s_paddings = ["[PAD]", "<pad>"], s_masks = ["[MASK]", "<mask>"];

    private readonly UnigramPiece[] _pieces;
    private readonly double[] _scores;
    private readonly Dictionary<string, int> _ids;
    private readonly int[] _idOfByte = [];

    /// <summary>Creates a vocabulary whose ids 0, 1, ... are the given pieces, with the rules of XLM-RoBERTa and without normalization.</summary>
    /// <param name="pieces">The pieces, among them one of the kind <see cref="UnigramPieceKind.Unknown"/>.</param>
    /// <exception cref="InputException">A piece occurs twice, is not usable, or the unknown one is missing.</exception>
    public UnigramVocabulary(IEnumerable<UnigramPiece> pieces)
        : this(pieces, new UnigramRules())
    {
    }

    internal UnigramVocabulary(IEnumerable<UnigramPiece> pieces, UnigramRules rules)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        _pieces = [.. pieces];
        Rules = rules;
        Require.That(_pieces.Length <= MaxCount, $"it has {_pieces.Length} pieces; at most {MaxCount} are accepted");
        _ids = Index();
        int[] unknown = [.. Ids(UnigramPieceKind.Unknown)];
        Require.That(unknown.Length == 1, $"{unknown.Length} of the {_pieces.Length} pieces stand for unknown characters; a unigram vocabulary has exactly one");
        UnknownId = unknown[0];
        (PaddingId, MaskId) = (Find(s_paddings), Find(s_masks));
        Rules = rules with { MaskTakesSpaceBefore = MaskId is not null && rules.MaskTakesSpaceBefore };
        (ClassId, SeparatorId) = MaskId is null ? (null, null) : (Find(s_classes), Find(s_separators));
        double[] normal = [.. _pieces.Where(piece => piece.Kind == UnigramPieceKind.Normal).Select(piece => piece.Score)];
        LowestScore = normal.Length == 0 ? 0 : normal.Min();
        double highest = Math.Max(0, normal.Length == 0 ? 0 : normal.Max());

        // A piece of the user has a score that lets it win over all others.
        _scores = Array.ConvertAll(_pieces, piece => piece.Kind == UnigramPieceKind.UserDefined ? (Encoding.UTF8.GetByteCount(piece.Text) * highest) - 0.1 : piece.Score);
        Trie = new PieceTrie(_pieces.Select((piece, id) => (id, piece)).Where(entry => IsOfText(entry.piece)).Select(entry => (entry.id, entry.piece.Text)));
        UserDefined = new PieceTrie(Ids(UnigramPieceKind.UserDefined).Select(id => (id, _pieces[id].Text)));
        _idOfByte = rules.FallsBackToBytes ? [.. Enumerable.Range(0, 256).Select(value => RequiredByte((byte)value))] : [];
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Count => _pieces.Length;

    /// <inheritdoc/>
    public override string Unit => "token";

    /// <inheritdoc/>
    public override int? UnknownId { get; }

    /// <inheritdoc/>
    public override int? PaddingId { get; }

    /// <inheritdoc/>
    public override int? ClassId { get; }

    /// <inheritdoc/>
    public override int? SeparatorId { get; }

    /// <inheritdoc/>
    public override int? MaskId { get; }

    /// <inheritdoc/>
    public override int? EndOfTextId => Find(EndOfTextNames);

    /// <summary>Whether a text ends with the class token: where its name is <c>&lt;cls&gt;</c>, as in XLNet.</summary>
    public override bool ClassIsLast => ClassId is { } id && _pieces[id].Text == "<cls>";

    /// <summary>Number of separators between the two texts of a pair: 2 where a text begins with <c>&lt;s&gt;</c>, as in XLM-RoBERTa.</summary>
    public override int PairSeparators => ClassId is { } id && _pieces[id].Text == "<s>" ? 2 : 1;

    /// <inheritdoc/>
    public override bool AcceptsAnyBytes => false;

    /// <summary>The pieces of the ids 0, 1, ....</summary>
    public ReadOnlySpan<UnigramPiece> Pieces => _pieces;

    internal UnigramRules Rules { get; }

    /// <summary>Pieces that a text may give.</summary>
    internal PieceTrie Trie { get; }

    /// <summary>Pieces that are not normalized.</summary>
    internal PieceTrie UserDefined { get; }

    /// <summary>The lowest score of a normal piece.</summary>
    internal double LowestScore { get; }

    internal override bool KeepsText => false;

    internal override bool MaskTakesSpaceBefore => Rules.MaskTakesSpaceBefore;

    /// <summary>The score of a piece in a division.</summary>
    internal double ScoreOf(int id) => _scores[id];

    /// <summary>The id of the token of a byte, where the rules fall back to bytes.</summary>
    internal int IdOfByte(byte value) => _idOfByte[value];

    /// <summary>The name of the token of a byte.</summary>
    internal static string NameOfByte(byte value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    /// <inheritdoc/>
    public override TokenEncoder CreateEncoder() => new ScanningEncoder(CreateScanner, UnknownId!.Value, "a unigram vocabulary");

    /// <summary>Encodes a text; of each token the part of the text that it stands for, without the white space before it.</summary>
    public override IReadOnlyList<TokenSpan> EncodeSpans(string text) => ScanningEncoder.Spans(text, CreateScanner);

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoder() => new UnigramDecoder(this, isFirst: true);

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoderAfter(int previous)
    {
        CheckId(previous);
        return new UnigramDecoder(this, isFirst: false);
    }

    /// <inheritdoc/>
    public override void DecodeUtf8(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        TokenDecoder decoder = CreateDecoder();
        foreach (int id in ids)
        {
            decoder.Append(id, output);
        }
    }

    /// <inheritdoc/>
    public override string Describe(int id)
    {
        CheckId(id);
        return _pieces[id].Text;
    }

    internal override bool NeedsVersion2 => true;

    internal override void WriteContent(Utf8JsonWriter writer) => UnigramJson.Write(this, writer);

    /// <summary>The ids of the pieces of a kind.</summary>
    internal IEnumerable<int> Ids(UnigramPieceKind kind) => Enumerable.Range(0, _pieces.Length).Where(id => _pieces[id].Kind == kind);

    /// <summary>The value of a token of a byte; null for other tokens.</summary>
    internal byte? ByteOf(int id)
    {
        CheckId(id);
        string text = _pieces[id].Text;
        bool isByte = Rules.FallsBackToBytes && text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>';
        return isByte && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) && _idOfByte[value] == id ? value : null;
    }

    private static bool IsOfText(UnigramPiece piece) => piece.Kind is UnigramPieceKind.Normal or UnigramPieceKind.UserDefined;

    private Dictionary<string, int> Index()
    {
        Dictionary<string, int> ids = new(_pieces.Length, StringComparer.Ordinal);
        for (int id = 0; id < _pieces.Length; id++)
        {
            string text = _pieces[id].Text;
            if (FaultOf(id, _pieces[id]) is { } fault)
            {
                throw new InputException(fault);
            }

            if (!ids.TryAdd(text, id))
            {
                throw new InputException($"the piece '{InputText.Show(text)}' occurs twice in the vocabulary: as id {ids[text]} and as id {id}");
            }
        }

        return ids;
    }

    private string? FaultOf(int id, UnigramPiece piece)
    {
        if (piece.Text is not { Length: > 0 and <= LongestPiece } text || !Enum.IsDefined(piece.Kind))
        {
            return $"piece {id} has {piece.Text?.Length ?? 0} characters; 1 to {LongestPiece} are accepted";
        }

        if (!double.IsFinite(piece.Score) || Math.Abs(piece.Score) > float.MaxValue)
        {
            return string.Create(CultureInfo.InvariantCulture, $"the score of the piece '{InputText.Show(text)}' is {piece.Score}, not a finite number of 32 bits");
        }

        bool isInside = IsOfText(piece) && !Rules.SplitsAtMarks && text.IndexOf((char)UnigramRules.Mark, 1) >= 0;
        return isInside ? $"the piece '{InputText.Show(text)}' has the mark of white space '▁' after its beginning, which is not supported" : null;
    }

    private int? Find(string[] names)
    {
        foreach (string name in names)
        {
            if (_ids.TryGetValue(name, out int id) && _pieces[id].Kind == UnigramPieceKind.Control)
            {
                return id;
            }
        }

        return null;
    }

    private int RequiredByte(byte value) => _ids.TryGetValue(NameOfByte(value), out int id)
        ? id
        : throw new InputException($"the vocabulary divides unknown characters into bytes, but lacks the piece '{NameOfByte(value)}'");

    private UnigramScanner CreateScanner(Action<TokenSpan> take) => new(this, take);
}
