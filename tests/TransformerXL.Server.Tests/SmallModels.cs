using TransformerXL.Models;
using TransformerXL.Text;

namespace TransformerXL.Server.Tests;

/// <summary>Model folders made in a moment: random weights, large enough that tokens differ.</summary>
internal static class SmallModels
{
    public const string Characters = "characters", Bytes = "bytes", Words = "words";

    /// <summary>Every printable character of ASCII, the end of a line, and some others.</summary>
    public static CharacterVocabulary CharacterVocabulary { get; } =
        CharacterVocabulary.FromText("\n" + string.Concat(Enumerable.Range(32, 95).Select(code => (char)code)) + "éü€漢🐧");

    /// <summary>Writes a model and gives the source that serves it.</summary>
    public static ModelSource Write(string folder, string name)
    {
        Vocabulary vocabulary = name switch
        {
            Characters => CharacterVocabulary,
            Words => new WordVocabulary(["<eos>", "<unk>", "the", "river", "keeps", "a", "stone"]),
            _ => new ByteVocabulary(),
        };
        TransformerXLConfiguration configuration = new() { VocabularySize = vocabulary.Count, Layers = 2, ModelSize = 24, Heads = 2, InitialDeviation = 0.3f, ProjectionDeviation = 0.3f };
        LanguageModel model = LanguageModel.Create(configuration, seed: 5);
        string path = Path.Combine(folder, name);
        ModelFolder.Save(path, model, vocabulary, new ModelFolderConfiguration
        {
            Model = model.Configuration,
            Context = new ContextConfiguration { TargetLength = 16, MemoryLength = 24 },
        });
        return new ModelSource(name, path);
    }
}
