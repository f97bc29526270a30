using TransformerXL.Files;
using TransformerXL.Text.BytePairs;
using TransformerXL.Text.Unigram.Normalization;

namespace TransformerXL.Text.Unigram;

/// <summary>
/// SentencePiece's model files (<c>.model</c>, a message of Protocol Buffers) of the type unigram. A file with the name <c>sentencepiece.bpe.model</c> is one of XLM-RoBERTa, whose ids are
/// those of fairseq: <c>&lt;s&gt;</c> 0, <c>&lt;pad&gt;</c> 1, <c>&lt;/s&gt;</c> 2, <c>&lt;unk&gt;</c> 3, then the pieces from the fourth on, and <c>&lt;mask&gt;</c> last. Other files have the ids of their pieces.
/// </summary>
public static class SentencePieceFile
{
    /// <summary>The name of the file of XLM-RoBERTa.</summary>
    public const string NameOfFairseq = "sentencepiece.bpe.model";

    /// <summary>The name of the file of XLNet, ALBERT and T5.</summary>
    public const string Name = "spiece.model";

    private const int Unigram = 1;

    /// <summary>Reads a vocabulary.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InputException">The file is missing, too large, damaged, or of another type.</exception>
    public static UnigramVocabulary Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return BytePairFile.Read(path, content => Parse(content, Path.GetFileName(path) == NameOfFairseq));
    }

    /// <exception cref="InputException">As for <see cref="Load"/>; the message does not name the file.</exception>
    internal static UnigramVocabulary Parse(byte[] content, bool isOfFairseq)
    {
        List<UnigramPiece> pieces = [];
        UnigramRules rules = UnigramRules.SentencePiece;
        bool hasTrainer = false;
        ProtocolReader reader = new(content);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 1:
                    Require.That(pieces.Count < UnigramVocabulary.MaxCount, $"it has more than {UnigramVocabulary.MaxCount} pieces, which are not accepted");
                    pieces.Add(Piece(reader.GetBytes()));
                    break;
                case 2:
                    rules = Trained(reader.GetBytes(), rules);
                    hasTrainer = true;
                    break;
                case 3:
                    rules = Normalized(reader.GetBytes(), rules);
                    break;
                default:
                    break;
            }
        }

        Require.That(pieces.Count > 0 && hasTrainer, $"it has {pieces.Count} pieces and {(hasTrainer ? "a" : "no")} description of its training, and is no model of SentencePiece");
        return new UnigramVocabulary(isOfFairseq ? Fairseq(pieces) : pieces, rules);
    }

    private static UnigramPiece Piece(ReadOnlySpan<byte> message)
    {
        (string text, float score, int type) = ("", 0, 1);
        ProtocolReader reader = new(message);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 1:
                    text = reader.GetText();
                    break;
                case 2:
                    score = reader.GetFloat();
                    break;
                case 3:
                    type = reader.GetNumber();
                    break;
                default:
                    break;
            }
        }

        UnigramPieceKind kind = type switch
        {
            1 => UnigramPieceKind.Normal,
            2 => UnigramPieceKind.Unknown,
            3 => UnigramPieceKind.Control,
            4 => UnigramPieceKind.UserDefined,
            5 => UnigramPieceKind.Unused,
            6 => UnigramPieceKind.Byte,
            _ => throw new InputException($"the piece '{InputText.Show(text)}' is of type {type}, but only 1 to 6 are known"),
        };
        return new UnigramPiece(text, score, kind);
    }

    /// <summary>The members of <c>TrainerSpec</c> that matter to a text.</summary>
    private static UnigramRules Trained(ReadOnlySpan<byte> message, UnigramRules rules)
    {
        ProtocolReader reader = new(message);
        int type = Unigram;
        bool marksAreSuffixes = false;
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 3:
                    type = reader.GetNumber();
                    break;
                case 24:
                    marksAreSuffixes = reader.GetFlag();
                    break;
                case 35:
                    rules = rules with { FallsBackToBytes = reader.GetFlag() };
                    break;
                default:
                    break;
            }
        }

        string name = type switch { Unigram => "unigram", 2 => "BPE", 3 => "word", 4 => "char", _ => $"{type}" };
        Require.That(type == Unigram, $"its model is of type {name}, which is not supported; unigram is");
        Require.That(!marksAreSuffixes, "it marks white space after words ('treat_whitespace_as_suffix'), which is not supported");
        return rules;
    }

    /// <summary>The members of <c>NormalizerSpec</c> that matter to a text.</summary>
    private static UnigramRules Normalized(ReadOnlySpan<byte> message, UnigramRules rules)
    {
        ProtocolReader reader = new(message);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 2:
                    byte[] map = reader.GetBytes().ToArray();
                    rules = rules with { Steps = map.Length == 0 ? [] : [new CharacterMapStep(CharacterMap.Parse(map))] };
                    break;
                case 3:
                    rules = rules with { Prefix = reader.GetFlag() ? UnigramPrefix.Dummy : UnigramPrefix.None };
                    break;
                case 4:
                    rules = rules with { RemovesExtraSpaces = reader.GetFlag() };
                    break;
                case 5:
                    Require.That(reader.GetFlag(), "it does not mark white space ('escape_whitespaces'), which is not supported");
                    break;
                default:
                    break;
            }
        }

        return rules;
    }

    /// <summary>The pieces in the order of fairseq's dictionary.</summary>
    private static IEnumerable<UnigramPiece> Fairseq(List<UnigramPiece> pieces)
    {
        string[] first = [.. pieces.Take(3).Select(piece => piece.Text)];
        Require.That(first is ["<unk>", "<s>", "</s>"], $"its first pieces are '{InputText.Show(string.Join("', '", first))}', where a {NameOfFairseq} has '<unk>', '<s>', '</s>'; rename the file if it is of another model");
        UnigramPiece Control(string name) => new(name, 0, UnigramPieceKind.Control);
        return [Control("<s>"), Control("<pad>"), Control("</s>"), pieces[0], .. pieces.Skip(3), Control("<mask>")];
    }
}
