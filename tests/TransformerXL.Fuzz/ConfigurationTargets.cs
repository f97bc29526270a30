using System.Text;
using TransformerXL.Files;
using TransformerXL.Interchange;
using TransformerXL.Interchange.HuggingFace;
using TransformerXL.Training;
using TransformerXL.Training.Datasets;
using TransformerXL.Training.Settings;

namespace TransformerXL.Fuzz;

/// <summary>JSON files: configurations of runs and of other programs, the state of a training, a data set, a download.</summary>
internal static class ConfigurationTargets
{
    public static IEnumerable<FuzzTarget> All =>
    [
        new("config.json", input => RunFiles.ReadConfiguration(FuzzFolder.File("config.json", input)), Configurations),
        new("model-folder", input => ModelFolderFiles.ReadConfiguration(Path.GetDirectoryName(FuzzFolder.File("model/config.json", input))!, out _), Configurations),
        new("state.json", input => RunFiles.ReadState(FuzzFolder.File("state.json", input)), States),
        new("settings", input => RunSettings.Standard.ApplyFile(FuzzFolder.File("settings.json", input)), Settings),
        new("transfoxl-config", input => TransfoXLConfiguration.Parse("input", input), TransfoXL),
        new("model-description", ReadDescription, Descriptions),
        new("dataset.json", ReadManifest, Manifests),
        new("download-mark", input => DownloadMark.TryRead(FuzzFolder.File("x.part.json", input)), () => [Json("""{"url":"http://127.0.0.1/x","validator":"\"a\"","length":12}""")]),
    ];

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

    private static IEnumerable<byte[]> States() =>
        [FuzzFolder.Written("state.json", path => RunFiles.Write(path, new TrainingState { Step = 3, Epoch = 1, NextSegment = 3, TokensSeen = 9, Seconds = 1, TrainingText = "none", ParameterSteps = [3, 3] }))];

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
