using System.Text;
using TransformerXL.Files;
using TransformerXL.Interchange;
using TransformerXL.Interchange.PyTorch;
using TransformerXL.Tests.Formats;
using TransformerXL.Tests.Interchange;

namespace TransformerXL.Fuzz;

/// <summary>Files of weights: safetensors, PyTorch's two formats, plain pickles, and what an import infers from them.</summary>
internal static class WeightTargets
{
    /// <summary>More elements than that are not read in a run: reading is a plain copy.</summary>
    private const long MaxElements = 1 << 16;

    public static IEnumerable<FuzzTarget> All =>
    [
        new("safetensors", input => ReadAll(SafetensorsFile.Parse("input", input)), Safetensors),
        new("torch-zip", input => ReadAll(TorchFile.Parse("input", input, UnknownClasses.Inert)), TorchZip),
        new("torch-legacy", input => ReadAll(TorchFile.Parse("input", input, UnknownClasses.Refused)), TorchLegacy),
        new("pickle", input => ReadAll(TorchFile.Parse("input", input, UnknownClasses.Inert)), Pickles),
        new("pickled-vocabulary", ReadVocabulary, PickledVocabularies),
        new("weights", input => ReadAll(WeightFormat.Parse("input", input)), () => Safetensors().Concat(TorchZip())),
        new("imported-tensors", Infer, ModelWeightFiles),
        new("imported-checkpoint", Import, Checkpoints),
        new("weights-index", input => ModelFiles.Find(FuzzFolder.File("model.safetensors.index.json", input)), Indexes),
    ];

    private static void ReadAll(WeightFile file)
    {
        using (file)
        {
            foreach (WeightEntry entry in file.Entries.Where(entry => entry.Count <= MaxElements).Take(8))
            {
                if (entry.IsFloatingPoint)
                {
                    file.ReadFloats(entry.Name, new float[entry.Count]);
                }
                else if (entry.Type is SafetensorsType.I64 or SafetensorsType.I32 or SafetensorsType.I16 or SafetensorsType.I8 or SafetensorsType.U8 or SafetensorsType.BOOL)
                {
                    file.ReadInt64s(entry.Name, new long[entry.Count]);
                }
            }
        }
    }

    private static void ReadVocabulary(byte[] input)
    {
        using TorchFile file = TorchFile.Parse("input", input, UnknownClasses.Inert);
        PickledVocabulary.From(file);
    }

    private static void Infer(byte[] input)
    {
        string path = FuzzFolder.File("import.safetensors", input);
        using StoredModel stored = StoredModel.Open(path, [path], huggingFace: false);
        ModelDescription hints = new() { PreNorm = false, Heads = 2, TargetLength = 4, MemoryLength = 4, Cutoffs = stored.Has("crit.cluster_weight") ? [2] : null };
        new Architecture(stored, hints).Infer(out _);
    }

    /// <summary>A whole import: arguments, vocabulary and weights in one pickle.</summary>
    private static void Import(byte[] input)
    {
        string from = FuzzFolder.File("checkpoint/checkpoint_best.pt", input), to = FuzzFolder.Path("imported/model");
        try
        {
            ModelImporter.Import(from, to);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(to)!, recursive: true);
        }
    }

    private static IEnumerable<byte[]> Checkpoints()
    {
        Dictionary<string, (float[], long[])> tensors = [];
        using (SafetensorsFile file = SafetensorsFile.Parse("seed", TinyModels.Weights(TinyModels.All[0])))
        {
            foreach (WeightEntry entry in file.Entries)
            {
                float[] values = new float[entry.Count];
                file.ReadFloats(entry.Name, values);
                tensors[entry.Name] = (values, [.. entry.Shape]);
            }
        }

        Dictionary<string, object> arguments = new() { ["n_layer"] = 2, ["n_head"] = 2, ["pre_lnorm"] = false, ["tgt_len"] = 4, ["mem_len"] = 4, ["cutoffs"] = Array.Empty<int>() };
        yield return NvidiaCheckpoint.Write(tensors, arguments, ["<eos>", "<unk>", "a", "b", "c"]);
    }

    private static IEnumerable<byte[]> Safetensors()
    {
        yield return FuzzFolder.Written("seed.safetensors", path => SafetensorsWriter.Write(
            path,
            [SafetensorsItem.FromFloats("layers.0.weight", new float[6], 2, 3), SafetensorsItem.FromFloats("bias", new float[2], 2)],
            new Dictionary<string, string> { ["format"] = "pt" }));
        string header = """{"__metadata__":{"a":"b"},"x":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"y":{"dtype":"BF16","shape":[],"data_offsets":[16,18]}}""";
        yield return [.. BitConverter.GetBytes((long)header.Length), .. Encoding.ASCII.GetBytes(header), .. new byte[18]];
    }

    private static IEnumerable<byte[]> TorchZip()
    {
        yield return new PickleWriter().Tensor("FloatStorage", 6, 0, [3, 2], [1, 3]).ZipBytes(new byte[24]);
        yield return new PickleWriter().Op("}").Text("state_dict").Tensor("HalfStorage", 4, 1, [3], [1]).Op("s").ZipBytes(new byte[8]);
    }

    private static IEnumerable<byte[]> TorchLegacy()
    {
        yield return PickleWriter.Legacy(new PickleWriter().Tensor("FloatStorage", 6, 0, [3, 2], [1, 3]), 6, new byte[24]);
    }

    private static IEnumerable<byte[]> Pickles()
    {
        yield return new PickleWriter().Op("}q\0(").Text("a").Int(1).Text("b").Op("](K\u0001M\u0002\u0002Neu").Stopped();
        yield return new PickleWriter().Global("m", "Module").Op(")").Op(0x81).Op("}").Text("_modules").Op("}").Text("layer").Global("m", "Layer").Op(")").Op(0x81)
            .Op("}").Text("_parameters").Op("}sb").Op("ssb").Stopped();
        yield return new PickleWriter().Text("collections").Text("OrderedDict").Op(0x93).Op(")R(").Text("k").Op("I12\n").Text("f").Op("F1.5\n").Op("u").Stopped();
        yield return new PickleWriter().Op("(lp0\nI01\naV\\u00e9\naS'x\\n'\naL12345678901234567890L\na(dp1\nS'k'\nNs0.").Stopped();
    }

    private static IEnumerable<byte[]> PickledVocabularies()
    {
        yield return new PickleWriter().Op("}(").Text("idx2sym").Op("](").Text("<eos>").Text("the").Text("<unk>").Op("e").Text("sym2idx").Op("}(").Text("<eos>").Int(0).Text("the").Int(1).Text("<unk>").Int(2).Op("u")
            .Text("special").Op("](").Text("<eos>").Op("e").Text("lower_case").Op(0x88).Text("delimiter").Op("N").Text("min_freq").Int(3).Text("unk_idx").Int(2).Op("u").Stopped();
    }

    private static IEnumerable<byte[]> ModelWeightFiles() => TinyModels.All.Select(model => TinyModels.Weights(model));

    private static IEnumerable<byte[]> Indexes() => [Encoding.UTF8.GetBytes("""{"metadata":{"total_size":8},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}""")];
}
