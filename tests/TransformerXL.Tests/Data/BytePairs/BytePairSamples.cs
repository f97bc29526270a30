using System.Buffers;
using System.Text;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;

namespace TransformerXL.Tests.Data.BytePairs;

/// <summary>Texts in which everything that the pattern tells apart stands side by side, and vocabularies learnt from them.</summary>
internal static class BytePairSamples
{
    public const string EndOfText = "<|endoftext|>";

    private static readonly string[] s_parts =
    [
        "the", "then", "there", "other", "mother", "don", "'t", "'s", "'re", "'ve", "'m", "'ll", "'d", "'", "''", "'x", "'r", "'l", "'v", "'S", "aaaaaaa", "abababab", "zz",
        " ", " ", " ", " ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", " \n ", "\u00A0", "\u3000", "\u2028", "\u0085", "\u200B", "\u001C",
        "1", "12", "2048", "³", "Ⅷ", "½", "٣", "!", "...", "?!", "_", "-", "#$%", "\0", "\u007F",
        "é", "ßß", "e\u0301", "Ω", "日本語", "한", "😀", "👩‍🚀", "𝐀", "𝟘", "𐍈", "\uFFFD", "\uE000", "<", "<|", "<|endoftext", "<|endoftext|>", "<|end|>",
    ];

    /// <summary>Learnt from samples; special tokens of which one begins like the other.</summary>
    public static BytePairVocabulary Vocabulary { get; } = Train(600, [EndOfText, "<|end|>", "<|endoftext|>>"], Text(new Random(1), 4000));

    public static BytePairVocabulary Train(int size, IReadOnlyList<string> specialTokens, params byte[][] texts)
    {
        var trainer = new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = size, SpecialTokens = specialTokens });
        foreach (byte[] text in texts)
        {
            trainer.Add(text);
            trainer.EndText();
        }
        return trainer.Train();
    }

    /// <summary>Parts in random order, of which some are any bytes, and some are cut so that characters are broken.</summary>
    public static byte[] Text(Random random, int parts)
    {
        var text = new ArrayBufferWriter<byte>();
        for (int i = 0; i < parts; i++)
        {
            byte[] part = Encoding.UTF8.GetBytes(s_parts[random.Next(s_parts.Length)]);
            switch (random.Next(24))
            {
                case 0:
                    text.Write([(byte)random.Next(256)]);
                    break;
                case 1:
                    text.Write(part.AsSpan(0, random.Next(part.Length + 1)));
                    break;
                case 2:
                    text.Write(part.AsSpan(random.Next(part.Length + 1)));
                    break;
                default:
                    text.Write(part);
                    break;
            }
        }
        return text.WrittenSpan.ToArray();
    }

    /// <summary>Encodes a text in pieces that are cut at the given distances, which are used in turn.</summary>
    public static int[] Encode(Vocabulary vocabulary, ReadOnlySpan<byte> text, params ReadOnlySpan<int> pieces)
    {
        var tokens = new ArrayBufferWriter<int>();
        TokenEncoder encoder = vocabulary.CreateEncoder();
        for (int i = 0; !text.IsEmpty; i++)
        {
            int length = pieces.IsEmpty ? text.Length : Math.Min(pieces[i % pieces.Length], text.Length);
            encoder.Append(text[..length], tokens);
            text = text[length..];
        }
        encoder.Complete(tokens);
        return tokens.WrittenSpan.ToArray();
    }

    public static byte[] Decode(Vocabulary vocabulary, ReadOnlySpan<int> ids)
    {
        var bytes = new ArrayBufferWriter<byte>();
        vocabulary.DecodeUtf8(ids, bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
