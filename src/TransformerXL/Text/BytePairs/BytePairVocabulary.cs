using System.Buffers;
using System.Text;
using System.Text.Json;

namespace TransformerXL.Text.BytePairs;

/// <summary>
/// Byte-level byte-pair encoding (Sennrich et al. 2016 over bytes as in GPT-2, Radford et al. 2019): text is split by GPT-2's
/// pattern or by those of a file, each pre-token starts as bytes, and the adjacent pair with the lowest rank (the leftmost if there are several) is merged until no pair has a
/// rank. Any bytes can be encoded and are decoded exactly, unless a file asks for normalization; a byte that is not part of valid UTF-8 counts as one character
/// that is neither letter, number nor white space. The names of special tokens in a text become their ids.
/// A pre-token of more than 2^20 bytes is split there. Time is O(n log n) in the length of a pre-token.
/// </summary>
public sealed class BytePairVocabulary : Vocabulary
{
    /// <summary>The value of <see cref="Vocabulary.Kind"/>.</summary>
    public const string KindName = "byte-pairs";

    private const int DescribedCharacters = 40;

    private readonly bool _isPlain;

    internal BytePairVocabulary(BytePairModel model)
    {
        Model = model;
        Merges = Enumerable.Range(0, model.MergeCount).Select(model.Merge).ToArray().AsReadOnly();
    }

    private BytePairVocabulary(BytePairVocabulary source)
    {
        Model = source.Model;
        Merges = source.Merges;
        _isPlain = true;
    }

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <inheritdoc/>
    public override int Count => Model.Count;

    /// <inheritdoc/>
    public override string Unit => "token";

    /// <inheritdoc/>
    public override int? UnknownId => null;

    /// <summary>The token that is a single newline. A newline may also be part of a longer token, after a space or another newline.</summary>
    public override int? EndOfLineId => Model.IdOf((byte)'\n');

    /// <inheritdoc/>
    public override int? EndOfTextId
    {
        get
        {
            foreach (string name in EndOfTextNames)
            {
                if (SpecialTokens.TryGetValue(name, out int id))
                {
                    return id;
                }
            }

            return null;
        }
    }

    /// <summary><c>&lt;mask&gt;</c> or <c>[MASK]</c>, which a vocabulary of an encoder has.</summary>
    public override int? MaskId => SpecialId(Model.EncoderTokens?.Mask);

    /// <summary><c>&lt;pad&gt;</c> or <c>[PAD]</c>, of a vocabulary with a mask.</summary>
    public override int? PaddingId => SpecialId(Model.EncoderTokens?.Padding);

    /// <summary><c>&lt;s&gt;</c> or <c>[CLS]</c>, of a vocabulary with a mask.</summary>
    public override int? ClassId => SpecialId(Model.EncoderTokens?.Class);

    /// <summary><c>&lt;/s&gt;</c> or <c>[SEP]</c>, of a vocabulary with a mask.</summary>
    public override int? SeparatorId => SpecialId(Model.EncoderTokens?.Separator);

    /// <inheritdoc/>
    public override int PairSeparators => Model.EncoderTokens == EncoderTokens.Roberta ? 2 : 1;

    internal override bool MaskTakesSpaceBefore => Model.EncoderTokens == EncoderTokens.Roberta;

    /// <inheritdoc/>
    public override bool AcceptsAnyBytes => true;

    /// <summary>The merges in the order of their ranks.</summary>
    public IReadOnlyList<BytePairMerge> Merges { get; }

    /// <summary>The special (and other added) tokens and their ids. Their text is never split.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => Model.SpecialTokens;

    /// <summary>
    /// True if a text (and what follows a special token) that does not begin with a space is encoded as if it did; decoding
    /// then gives that space as well. Such a vocabulary comes from a file that asks for it (<c>add_prefix_space</c>).
    /// </summary>
    public bool AddsPrefixSpace => Model.Rules.AddsPrefixSpace;

    internal BytePairModel Model { get; }

    /// <summary>Whether an id is that of a byte or of the result of a merge.</summary>
    internal bool IsOrdinary(int id) => Model.IsOrdinary(id);

    /// <summary>Creates a decoder that skips the first bytes.</summary>
    internal TokenDecoder CreateDecoderBehind(int bytes) => new Utf8Decoder(this, bytes);

    /// <summary>The bytes of a token.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in <c>0 .. Count-1</c>.</exception>
    public ReadOnlySpan<byte> BytesOf(int id)
    {
        CheckId(id);
        return Model.BytesOf(id);
    }

    /// <inheritdoc/>
    public override TokenEncoder CreateEncoder() => new BytePairEncoder(Model, _isPlain);

    /// <inheritdoc/>
    public override Vocabulary ReadingSpecialTokensAsText() => _isPlain ? this : new BytePairVocabulary(this);

    /// <inheritdoc/>
    public override TokenDecoder CreateDecoder() => new Utf8Decoder(this, 0);

    /// <inheritdoc/>
    public override void DecodeUtf8(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        foreach (int id in ids)
        {
            output.Write(BytesOf(id));
        }
    }

    /// <summary>A short printable name of one token: its text with <c>␣</c> for a space, or its bytes as <c>0xE2 0x82</c> if they are not printable text.</summary>
    /// <inheritdoc/>
    public override string Describe(int id)
    {
        ReadOnlySpan<byte> bytes = BytesOf(id);
        if (bytes.IsEmpty)
        {
            return $"<unused {id}>";
        }
        var text = new StringBuilder();
        while (!bytes.IsEmpty && text.Length < DescribedCharacters)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed);
            bool printable = status == OperationStatus.Done && !Rune.IsControl(rune) && (rune.Value == ' ' || !Rune.IsWhiteSpace(rune));
            if (printable)
            {
                text.Append(rune.Value == ' ' ? new Rune('␣') : rune);
                bytes = bytes[consumed..];
                continue;
            }
            text.Append($"{(text.Length > 0 ? " " : "")}0x{bytes[0]:X2}{(bytes.Length > 1 && IsText(bytes[1]) ? " " : "")}");
            bytes = bytes[1..];
        }
        return bytes.IsEmpty ? text.ToString() : text.Append("...").ToString();
    }

    internal override bool NeedsVersion2 => BytePairJson.NeedsVersion2(Model);

    internal override void WriteContent(Utf8JsonWriter writer) => BytePairJson.Write(Model, writer);

    /// <summary>Encodes a text whose special tokens' names are plain text; null for a vocabulary without a mask, or with normalization. White space before a token is not in its part.</summary>
    public override IReadOnlyList<TokenSpan>? EncodeSpans(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (MaskId is null || Model.Rules.Normalizes)
        {
            return null;
        }

        List<int> starts = [];
        int place = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            starts.AddRange(Enumerable.Repeat(place, rune.Utf8SequenceLength));
            place += rune.Utf16SequenceLength;
        }

        int[] ids = ReadingSpecialTokensAsText().Encode(text);
        int offset = starts.Count - ids.Sum(id => BytesOf(id).Length);
        TokenSpan[] spans = new TokenSpan[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            int end = offset + BytesOf(ids[i]).Length, start = Math.Max(0, offset);
            while (start < end - 1 && char.IsWhiteSpace(text[starts[start]]))
            {
                start++;
            }

            // A token may end inside a character, which is then a part of both tokens.
            int last = starts[Math.Max(start, end - 1)];
            spans[i] = new TokenSpan(ids[i], starts[start], last + (char.IsSurrogatePair(text, last) ? 2 : 1));
            offset = end;
        }

        return spans;
    }

    private int? SpecialId(string? name) => name is not null && SpecialTokens.TryGetValue(name, out int id) ? id : null;

    private static bool IsText(byte value) => value is >= 0x20 and < 0x7F;

    private sealed class Utf8Decoder(BytePairVocabulary vocabulary, int skip) : TokenDecoder
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
        private char[] _chars = new char[64];

        public override string Append(int id) => Convert(New(id), flush: false);

        public override void Append(int id, IBufferWriter<byte> bytes) => bytes.Write(New(id));

        public override string Flush() => Convert([], flush: true);

        /// <summary>The bytes of a token without the skipped ones.</summary>
        private ReadOnlySpan<byte> New(int id)
        {
            ReadOnlySpan<byte> bytes = vocabulary.BytesOf(id);
            int skipped = Math.Min(skip, bytes.Length);
            skip -= skipped;
            return bytes[skipped..];
        }

        private string Convert(ReadOnlySpan<byte> bytes, bool flush)
        {
            int max = Encoding.UTF8.GetMaxCharCount(bytes.Length);
            if (_chars.Length < max)
            {
                _chars = new char[max];
            }
            int count = _decoder.GetChars(bytes, _chars, flush);
            return count == 0 ? "" : new string(_chars, 0, count);
        }
    }
}
