using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Labels;
using TransformerXL.Models;
using TransformerXL.Text;

namespace TransformerXL.Server.Tests;

/// <summary>Model folders made in a moment: random weights, large enough that tokens differ.</summary>
internal static class SmallModels
{
    public const string Characters = "characters", Bytes = "bytes", Words = "words";

    /// <summary>Models with heads, of bytes.</summary>
    public const string Topics = "topics", Several = "several", Number = "number", Names = "names", Answers = "answers", Pairs = "pairs", Marks = "marks";

    /// <summary>An encoder of bytes without and with memory.</summary>
    public const string Encoder = "encoder", LongEncoder = "long-encoder";

    /// <summary>An encoder of bytes with the pooling of the first token.</summary>
    public const string SentenceEncoder = "sentence-encoder";

    /// <summary>Every printable character of ASCII, the end of a line, and some others.</summary>
    public static CharacterVocabulary CharacterVocabulary { get; } =
        CharacterVocabulary.FromText("\n" + string.Concat(Enumerable.Range(32, 95).Select(code => (char)code)) + "éü€漢🐧");

    /// <summary>A recurrent network of bytes.</summary>
    public const string Recurrent = "recurrent";

    /// <summary>Writes a model and gives the source that serves it.</summary>
    public static ModelSource Write(string folder, string name)
    {
        Vocabulary vocabulary = name switch
        {
            Characters => CharacterVocabulary,
            Words => new WordVocabulary(["<eos>", "<unk>", "the", "river", "keeps", "a", "stone"]),
            Encoder or LongEncoder or SentenceEncoder => new SpecialTokensVocabulary(new ByteVocabulary()),
            _ => new ByteVocabulary(),
        };
        if (name is Encoder or LongEncoder or SentenceEncoder)
        {
            return WriteEncoder(folder, name, vocabulary);
        }

        ModelConfiguration configuration = name == Recurrent
            ? new LstmConfiguration { VocabularySize = vocabulary.Count, Layers = 2, ModelSize = 24 }
            : new TransformerXLConfiguration { VocabularySize = vocabulary.Count, Layers = 2, ModelSize = 24, Heads = 2, InitialDeviation = 0.3f, ProjectionDeviation = 0.3f };
        LanguageModel model = LanguageModel.Create(configuration, seed: 5);
        string path = Path.Combine(folder, name);
        HeadConfiguration? head = HeadOf(name);
        ModelFolder.Save(path, model, vocabulary, new ModelFolderConfiguration
        {
            Model = model.Configuration,
            Context = new ContextConfiguration { TargetLength = 16, MemoryLength = 24 },
            Head = head,
        }, head is null ? null : new TaskHead(head, 24, seed: 7, deviation: 0.5f));
        return new ModelSource(name, path);
    }

    private static ModelSource WriteEncoder(string folder, string name, Vocabulary vocabulary)
    {
        ContextConfiguration context = new() { TargetLength = 16, MemoryLength = name == LongEncoder ? 20 : 0 };
        EncoderConfiguration configuration = new() { VocabularySize = 1, Layers = 2, ModelSize = 24, Heads = 2, Positions = name == LongEncoder ? EncoderPositions.Relative : EncoderPositions.Learned, InitialDeviation = 0.3f };
        LanguageModel model = LanguageModel.Create(configuration.For(vocabulary, context), seed: 5);
        EmbeddingConfiguration? embedding = name == SentenceEncoder ? new EmbeddingConfiguration { Pooling = EmbeddingPooling.First, Normalizes = true } : null;
        ModelFolder.Save(Path.Combine(folder, name), model, vocabulary, new ModelFolderConfiguration { Model = model.Configuration, Context = context, Embedding = embedding });
        return new ModelSource(name, Path.Combine(folder, name));
    }

    private static HeadConfiguration? HeadOf(string name) => name switch
    {
        Topics => new HeadConfiguration { Labels = ["dry", "wet", "cold"] },
        Pairs => new HeadConfiguration { Labels = ["dry", "wet", "cold"], HasPairs = true },
        Several => new HeadConfiguration { Kind = HeadKind.SeveralLabels, Labels = ["dry", "wet", "cold"] },
        Number => new HeadConfiguration { Kind = HeadKind.Number, NumberMean = 5, NumberScale = 2 },
        Names => new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["O", "B-NAME", "I-NAME"], Scheme = TagScheme.Iob2, Delay = 2 },
        Marks => new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["X", "."], WholeWords = [] },
        Answers => new HeadConfiguration { Kind = HeadKind.Spans, Delay = 1, HasUnanswerable = true },
        _ => null,
    };
}
