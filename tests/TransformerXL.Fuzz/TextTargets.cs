using System.Buffers;
using System.Text;
using TransformerXL.Text;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Fuzz;

/// <summary>Texts: what is to be learned from, scored or continued, and the documentation that comes with the SDK.</summary>
internal static class TextTargets
{
    private static readonly Lazy<Vocabulary> s_bytePairs = new(VocabularyTargets.CreateBytePairs);
    private static readonly Vocabulary s_words = new WordVocabulary(["<eos>", "<unk>", "the", "of"], new WordRules { Marks = LineMarks.End });
    private static readonly Vocabulary s_characters = new CharacterVocabulary("ab\n\u00e9".EnumerateRunes());

    /// <summary>Two encoders of byte pairs, each with its buffers and its cache of pieces.</summary>
    private const long EncoderBytes = 16 << 20;

    public static IEnumerable<FuzzTarget> All =>
    [
        new("text-characters", input => Encode(s_characters, input), Texts),
        new("text-words", input => Encode(s_words, input), Texts),
        new("text-byte-pairs", input => Encode(s_bytePairs.Value, input), Texts) { FixedBytes = EncoderBytes },
        new("documentation", Document, Documentation),
    ];

    /// <summary>The same text whole and in two pieces must give the same tokens, which stand for the same bytes where nothing can be lost.</summary>
    private static void Encode(Vocabulary vocabulary, byte[] input)
    {
        ReadOnlySpan<int> whole = Encode(vocabulary, input, input.Length), cut = Encode(vocabulary, input, input.Length / 2);
        if (!whole.SequenceEqual(cut))
        {
            throw new FuzzFindingException($"{vocabulary.Kind}: {input.Length} bytes in two pieces are other tokens than whole");
        }

        ArrayBufferWriter<byte> bytes = new();
        vocabulary.DecodeUtf8(whole, bytes);
        vocabulary.Decode(whole);
        if (vocabulary.AcceptsAnyBytes && !bytes.WrittenSpan.SequenceEqual(input))
        {
            throw new FuzzFindingException($"{vocabulary.Kind}: the tokens of {input.Length} bytes stand for other bytes");
        }
    }

    private static int[] Encode(Vocabulary vocabulary, byte[] input, int first)
    {
        ArrayBufferWriter<int> tokens = new();
        TokenEncoder encoder = vocabulary.CreateEncoder();
        encoder.Append(input.AsSpan(0, first), tokens);
        encoder.Append(input.AsSpan(first), tokens);
        encoder.Complete(tokens);
        return tokens.WrittenSpan.ToArray();
    }

    private static IEnumerable<byte[]> Texts() => [Encoding.UTF8.GetBytes("ab \u00e9 the\tof\r\n\n<|endoftext|>ab c\u2028<eos> 12")];

    /// <summary>Members as articles of the quickstart, and as examples of the synthetic data.</summary>
    private static void Document(byte[] input)
    {
        string path = FuzzFolder.File("x.xml", input);
        foreach (DocumentedMember member in XmlDocumentationReader.Read(path))
        {
            MemberName.Short(member.Id);
            MemberName.Signature(member, _ => member.TypeParameters);
            new DocumentationProse().Article(MemberName.TypeOf(member.Id), [member], _ => member.TypeParameters);
        }

        foreach (DocumentedMember member in XmlDocumentationReader.Read(path, marksReferences: true))
        {
            ReferenceMarks.Read(member.Summary);
        }
    }

    private static IEnumerable<byte[]> Documentation() =>
        [Encoding.UTF8.GetBytes("""<?xml version="1.0"?><doc><members><member name="T:X.Y"><summary>Reads <see cref="T:A.B`1"/> &amp; <paramref name="x"/>.</summary><param name="x">It.</param></member><member name="M:X.Y`1.Add``1(`0,System.Collections.Generic.IDictionary{System.String,``0[]},System.Int32@)~X.Z"><summary>Adds a <see langword="null"/> to the two of them.</summary></member></members></doc>""")];
}
