using System.Text;
using TransformerXL.Cli.Bench;
using TransformerXL.Files;
using TransformerXL.Interchange;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Models;
using TransformerXL.Text;
using TransformerXL.Training;
using TransformerXL.Training.Corpora;
using TransformerXL.Training.Datasets;
using TransformerXL.Training.Settings;

namespace TransformerXL.Fuzz;

/// <summary>JSON files: configurations of runs and of other programs, the state of a training, a data set, a download.</summary>
internal static class ConfigurationTargets
{
    private static readonly CharacterVocabulary s_vocabulary = new("abcd".EnumerateRunes());
    private static readonly TrainingState s_state = new() { Step = 3, Epoch = 1, NextSegment = 3, TokensSeen = 9, Seconds = 1, TrainingText = "none", ParameterSteps = [3, 3] };

    public static IEnumerable<FuzzTarget> All =>
    [
        new("config.json", input => RunFiles.ReadConfiguration(FuzzFolder.File("config.json", input)), Configurations),
        new("model-folder", LoadModelFolder, ModelFolders),
        new("run-to-use", LoadRun, Runs),
        new("saved-bench", input => SavedBench.Read(FuzzFolder.File("bench.json", input)).Falls([new PeakShare("x", PeakShare.Memory, 0.5)], "bench.json"), Benches),
        new("state.json", input => RunFiles.ReadState(FuzzFolder.File("state.json", input)), States),
        new("settings", input => RunSettings.Standard.ApplyFile(FuzzFolder.File("settings.json", input)), Settings),
        new("transfoxl-config", input => TransfoXLConfiguration.Parse("input", input), TransfoXL),
        new("model-description", ReadDescription, Descriptions),
        new("dataset.json", ReadManifest, Manifests),
        new("download-mark", input => DownloadMark.TryRead(FuzzFolder.File("x.part.json", input)), () => [Json("""{"url":"http://127.0.0.1/x","validator":"\"a\"","length":12}""")]),
    ];

    /// <summary>The configuration of a model folder whose other files are whole.</summary>
    private static void LoadModelFolder(byte[] input)
    {
        string folder = FuzzFolder.Path("model/x")[..^2];
        if (!File.Exists(Path.Combine(folder, ModelFolderFiles.VocabularyName)))
        {
            Directory.Delete(folder, recursive: true);
            ModelFolder.Save(folder, TinyModels.Create(), s_vocabulary, new() { Model = TinyModels.All[0], Context = new() });
        }

        File.WriteAllBytes(ModelFolderFiles.Configuration(folder), input);
        ModelFolder.Load(folder);
    }

    /// <summary>The configuration of a run whose other files are whole, read by one who only uses its model.</summary>
    private static void LoadRun(byte[] input)
    {
        string folder = FuzzFolder.Path("run/x")[..^2], best = new RunCheckpoints(folder).Best;
        if (!Directory.Exists(best))
        {
            Directory.CreateDirectory(best);
            s_vocabulary.Save(ModelFolderFiles.Vocabulary(folder));
            ModelWeights.Save(Path.Combine(best, CheckpointFiles.Weights), TinyModels.Create());
            RunFiles.Write(Path.Combine(best, CheckpointFiles.State), s_state);
        }

        File.WriteAllBytes(ModelFolderFiles.Configuration(folder), input);
        RunFolders.IsRunOrModel(folder);
        ModelFolder.Load(folder);
    }

    private static void ReadDescription(byte[] input)
    {
        string path = FuzzFolder.File("description.json", input);
        ModelDescriptionJson.IsHuggingFace(path);
        ModelDescription.Read(path);
    }

    private static void ReadManifest(byte[] input)
    {
        string path = FuzzFolder.File("dataset/dataset.json", input);
        DatasetManifest.Read(Path.GetDirectoryName(path)!);
    }

    private static IEnumerable<byte[]> Configurations() =>
        [FuzzFolder.Written("config.json", path => RunFiles.Write(path, new RunConfiguration { Model = TinyModels.All[1], Context = new(), Training = new(), Corpus = new() { Path = "text" } }))];

    private static IEnumerable<byte[]> ModelFolders() =>
        [FuzzFolder.Written("folder/config.json", path => ModelFolderFiles.WriteConfiguration(Path.GetDirectoryName(path)!, new() { Model = TinyModels.All[0], Context = new(), Evaluation = new(), Origin = "x" }))];

    private static IEnumerable<byte[]> Runs() =>
        [FuzzFolder.Written("config.json", path => RunFiles.Write(path, new RunConfiguration { Model = TinyModels.All[0], Context = new(), Training = new(), Corpus = new() { Path = "text" } }))];

    private static IEnumerable<byte[]> States() => [FuzzFolder.Written("state.json", path => RunFiles.Write(path, s_state))];

    private static IEnumerable<byte[]> Benches() =>
        [FuzzFolder.Written("bench.json", new SavedBench { Processor = "x", InstructionSet = "Avx2", Threads = 2, Measurements = [new("x", PeakShare.Memory, 0.5)] }.Write)];

    private static IEnumerable<byte[]> Settings() =>
        [Json("""{"$schema":"x","model":{"layers":2,"cutoffs":[10,20]},"training":{"steps":10,"optimizer":{"kind":"Lamb"},},"corpus":{"path":"text","vocabulary":{"kind":"Words"}}} // note""")];

    private static IEnumerable<byte[]> TransfoXL() =>
        [Json("""{"model_type":"transfo-xl","vocab_size":100,"cutoffs":[10,20,90],"d_embed":64,"n_layer":2,"dropout":0.1,"eos_token_id":0,"x":{"y":[1,2]}}""")];

    private static IEnumerable<byte[]> Descriptions() =>
        [Json("""{"attn_type":0,"vocab_size":100,"cutoffs":[10,20],"tie_projs":[false,true,true],"activation":"gelu","tgt_len":4,"clamp_len":-1,"pre_lnorm":true}"""), Json("""{"model_type":"lstm"}""")];

    private static IEnumerable<byte[]> Manifests() =>
        [Json("""{"format":"transformerxl.dataset","version":1,"name":"x","train":"train.txt","validation":"valid.txt","test":"test.txt","vocabulary":{"kind":"Words","minFrequency":3}}""")];

    private static byte[] Json(string text) => Encoding.UTF8.GetBytes(text);
}
