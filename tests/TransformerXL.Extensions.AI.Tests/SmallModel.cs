using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Testing;
using TransformerXL.Text;

namespace TransformerXL.Extensions.AI.Tests;

/// <summary>A model folder made in a moment: random weights, large enough that tokens differ.</summary>
public sealed class SmallModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SmallModel()
    {
        ByteVocabulary vocabulary = new();
        TransformerXLConfiguration configuration = new() { VocabularySize = vocabulary.Count, Layers = 2, ModelSize = 24, Heads = 2, InitialDeviation = 0.3f, ProjectionDeviation = 0.3f };
        LanguageModel model = LanguageModel.Create(configuration, seed: 5);
        ModelFolder.Save(Path, model, vocabulary, new ModelFolderConfiguration
        {
            Model = model.Configuration,
            Context = new ContextConfiguration { TargetLength = 16, MemoryLength = 24 },
        });
    }

    public string Path => _folder["mine"];

    public string Folder(string name) => _folder[name];

    /// <summary>The folder of a model that was trained for a task.</summary>
    public string SaveClassifier()
    {
        ModelFolder trained = ModelFolder.Load(Path);
        HeadConfiguration head = new() { Labels = ["a", "b"] };
        ModelFolder.Save(_folder["classifier"], trained.Model, trained.Vocabulary, trained.Configuration with { Head = head }, new TaskHead(head, trained.Model.Configuration.HiddenWidth));
        return _folder["classifier"];
    }

    public LocalModel Load(Action<TransformerXLOptions>? change = null)
    {
        TransformerXLOptions options = new() { ModelFolder = Path, Threads = 1 };
        change?.Invoke(options);
        return LocalModel.Load(options);
    }

    public void Dispose() => _folder.Dispose();
}
