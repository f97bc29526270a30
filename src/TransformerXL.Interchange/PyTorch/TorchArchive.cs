using TransformerXL.Files;

namespace TransformerXL.Interchange.PyTorch;

/// <summary>The format of PyTorch since 1.6: a zip file with one folder, <c>data.pkl</c> in it and a file for each storage.</summary>
internal sealed class TorchArchive : TorchStorages
{
    private const string PickleName = "/data.pkl";

    private readonly ByteSource _source;
    private readonly StoredZip _zip;
    private readonly string _folder;

    private TorchArchive(ByteSource source)
    {
        _source = source;
        _zip = StoredZip.Read(source);
        string pickle = _zip.Names.FirstOrDefault(name => name.EndsWith(PickleName, StringComparison.Ordinal) && name.IndexOf('/', StringComparison.Ordinal) == name.Length - PickleName.Length)
            ?? throw Fault("it is a zip file, but holds no data.pkl in a folder");
        _folder = pickle[..^PickleName.Length];
        if (_zip.Contains(_folder + "/constants.pkl"))
        {
            throw Fault("it is a compiled program (TorchScript); save the state dictionary of the model and use that");
        }
    }

    public static TorchValue Read(ByteSource source, UnknownClasses classes)
    {
        var archive = new TorchArchive(source);
        archive.CheckByteOrder();
        (long offset, long length) = archive._zip.Find(archive._folder + PickleName)!.Value;
        return new PickleMachine(new PickleReader(source, offset, offset + length), classes, archive).Run();
    }

    protected override void Locate(TorchStorageBlock block, string key, PickleReader reader)
    {
        (long offset, long length) = _zip.Find($"{_folder}/data/{key}") ?? throw Fault($"it has no storage '{InputText.Show(key)}'");
        long needed = block.Count * SafetensorsTypes.SizeOf(block.Type);
        if (needed > length)
        {
            throw Fault($"storage '{InputText.Show(key)}' has {length} bytes, where {block.Count} elements of {block.Type} need {needed}");
        }

        block.Offset = offset;
    }

    private void CheckByteOrder()
    {
        if (_zip.Find(_folder + "/byteorder") is not (var offset, var length))
        {
            return;
        }

        Span<byte> order = stackalloc byte[(int)Math.Min(length, 8)];
        _source.Read(offset, order);
        if (!order.SequenceEqual("little"u8))
        {
            throw Fault("its numbers are not in the byte order 'little'; save it again on a machine with that order");
        }
    }

    private InputException Fault(string text) => new($"'{_source.Name}' is not a usable PyTorch file: {text}.");
}
