namespace PureLora.Tests;

public class AtomicFileTests
{
    [Fact]
    public void A_file_is_written_and_written_again()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("a.json");
        AtomicFile.Write(path, s => s.Write("a longer first text"u8));
        AtomicFile.Write(path, s => s.Write("second"u8));
        Assert.Equal("second", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void A_failure_leaves_the_old_file_and_nothing_else()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("a.json");
        File.WriteAllText(path, "old");
        Assert.Throws<FormatException>(() => AtomicFile.Write(path, s =>
        {
            s.Write(new byte[200_000]);
            Assert.Equal("old", File.ReadAllText(path));
            throw new FormatException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(scratch.Path));
    }

    /// <summary>/dev/full answers every write as a full disk does.</summary>
    [SkippableFact]
    public void A_full_disk_is_said_in_one_line()
    {
        Skip.IfNot(File.Exists("/dev/full"), "This system has no /dev/full.");
        using var scratch = new ScratchFolder();
        string path = scratch.File("a.json");
        File.WriteAllText(path, "old");
        var e = Assert.Throws<PureLoraException>(() => AtomicFile.Write(path, _ =>
        {
            using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            full.WriteByte(1);
        }));
        Assert.Equal($"{path}: the disk is full. Free some space or choose another folder.", e.Message);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void Another_failure_of_the_disk_keeps_its_reason()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("a.json");
        var e = Assert.Throws<PureLoraException>(() => AtomicFile.Write(path, _ => throw new IOException("Input/output error.")));
        Assert.Equal($"{path}: writing failed (Input/output error). Check the disk and the folder's rights.", e.Message);
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("none/a.json");
        var e = Assert.Throws<PureLoraException>(() => AtomicFile.Write(path, _ => { }));
        Assert.Equal($"{path}: the folder {scratch.File("none")} does not exist. Create it first.", e.Message);
    }

    [Fact]
    public void A_folder_in_the_way_is_named_and_kept()
    {
        using var scratch = new ScratchFolder();
        string path = scratch.File("a.json");
        Directory.CreateDirectory(path);
        var e = Assert.Throws<PureLoraException>(() => AtomicFile.Write(path, s => s.WriteByte(1)));
        Assert.Equal($"{path}: there is a folder of this name, but a file needs its place. Choose another name.", e.Message);
        Assert.Equal([path], Directory.GetFileSystemEntries(scratch.Path));
    }
}
