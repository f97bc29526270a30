using System.Buffers;
using System.Text;
using System.Text.Json;
using TransformerXL.Files;

namespace TransformerXL.Text.WordPieces;

/// <summary>
/// WordPiece, the vocabulary of BERT (Devlin et al. 2019; Wu et al. 2016): a text is divided at white space and around punctuation into words, and a word into the longest
/// tokens from its beginning. Tokens that continue a word begin with <c>##</c>. A word that cannot be divided is unknown as a whole. No text gives the special tokens: their
/// names in a text are text. White space, and accents and upper case where the rules remove them, are not in the decoded text.
/// </summary>
public sealed class WordPieceVocabulary : Vocabulary
{
    /// <summary>The value of <see cref="Vocabulary.Kind"/>.</summary>
    public const string KindName = "word-pieces";

    /// <summary>The most tokens of a vocabulary.</summary>
    internal const int MaxCount = 4 << 20;

    /// <summary>The usual names of the special tokens.</summary>
    internal const string Unknown = "[UNK]", Padding = "[PAD]", Class = "[CLS]", Separator = "[SEP]", Mask = "[MASK]";

    /// <summary>What tokens that continue a word begin with.</summary>
    internal const string Continuation = "##";

    private readonly string[] _tokens;

    /// <summary>Creates a vocabulary whose ids 0, 1, ... are the given tokens.</summary>
    /// <param name="tokens">The tokens, among them <c>[UNK]</c>, <c>[CLS]</c> and <c>[SEP]</c>.</param>
    /// <param name="rules">How a text becomes words; null for those of the uncased models.</param>
    /// <exception cref="InputException">A token occurs twice, or one that is needed is missing.</exception>
    public WordPieceVocabulary(IEnumerable<string> tokens, WordPieceRules? rules = null)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        _tokens = [.. tokens];
        Rules = rules ?? new WordPieceRules();
        Rules.Validate();
        Require.That(_tokens.Length <= MaxCount, $"it has {_tokens.Length} tokens; at most {MaxCount} are accepted");
        Dictionary<string, int> ids = new(_tokens.Length, StringComparer.Ordinal);
        for (int id = 0; id < _tokens.Length; id++)
        {
            if (!ids.TryAdd(_tokens[id], id))
            {
                throw new InputException($"the token '{InputText.Show(_tokens[id])}' occurs twice in the vocabulary: as id {ids[_tokens[id]]} and as id {id}");
            }
        }

        int Required(string name) => ids.TryGetValue(name, out int id) ? id : throw new InputException($"the token '{name}' is not among the {_tokens.Length} tokens of the vocabulary");
        int? Optional(string name) => ids.TryGetValue(name, out int id) ? id : null;
        (UnknownId, ClassId, SeparatorId) = (Required(Unknown), Required(Class), Required(Separator));
        (PaddingId, MaskId) = (Optional(Padding), Optional(Mask));
        Pieces = new WordPieceTable(_tokens, [.. new int?[] { UnknownId, ClassId, SeparatorId, PaddingId, MaskId }.OfType<int>()]);
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Count => _tokens.Length;

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
    public override bool AcceptsAnyBytes => false;

    /// <summary>How a text becomes words.</summary>
    public WordPieceRules Rules { get; }

    /// <summary>The tokens of the ids 0, 1, ....</summary>
    public ReadOnlySpan<string> Tokens => _tokens;

    internal WordPieceTable Pieces { get; }

    internal override bool KeepsText => false;

    /// <summary>Whether a token continues a word.</summary>
    internal bool Continues(int id) => _tokens[id].Length > Continuation.Length && _tokens[id].StartsWith(Continuation, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override TokenEncoder CreateEncoder() => new ScanningEncoder(CreateScanner, UnknownId!.Value, "a vocabulary of word pieces");

    /// <summary>Encodes a text; of each token the part of the text that it stands for.</summary>
    public override IReadOnlyList<TokenSpan> EncodeSpans(string text) => ScanningEncoder.Spans(text, CreateScanner);

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoder() => new Decoder(this, isFirst: true);

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoderAfter(int previous)
    {
        CheckId(previous);
        return new Decoder(this, isFirst: false);
    }

    /// <inheritdoc/>
    public override void DecodeUtf8(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Decoder decoder = new(this, isFirst: true);
        foreach (int id in ids)
        {
            Encoding.UTF8.GetBytes(decoder.Append(id), output);
        }
    }

    /// <inheritdoc/>
    public override string Describe(int id)
    {
        CheckId(id);
        return _tokens[id];
    }

    internal override bool NeedsVersion2 => true;

    internal override void WriteContent(Utf8JsonWriter writer) => WordPieceJson.Write(this, writer);

    private WordPieceScanner CreateScanner(Action<TokenSpan> take) => new(this, take);

    /// <summary>Writes a space before each token that begins a word.</summary>
    private sealed class Decoder(WordPieceVocabulary vocabulary, bool isFirst) : TokenDecoder
    {
        private bool _isFirst = isFirst;

        public override string Append(int id)
        {
            vocabulary.CheckId(id);
            string token = vocabulary._tokens[id];
            string text = vocabulary.Continues(id) ? token[Continuation.Length..] : _isFirst ? token : " " + token;
            _isFirst = false;
            return text;
        }

        public override string Flush()
        {
            _isFirst = true;
            return "";
        }
    }
}
